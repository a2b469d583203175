module govcloud.internal/bundle/pause

go 1.26.0
