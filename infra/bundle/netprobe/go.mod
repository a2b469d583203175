module govcloud.internal/bundle/netprobe

go 1.26.0
