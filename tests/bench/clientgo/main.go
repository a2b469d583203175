// Same work as the ways in ../reading, by client-go: list pods and sum their requests, or watch them into a map.
// Prints one JSON line. Usage: clientgo list|watch KUBECONFIG
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const pageObjects = 500

type key struct{ namespace, name string }

type result struct {
	CPUSeconds float64          `json:"cpu_seconds"`
	PeakMiB    float64          `json:"peak_mib"`
	Sums       map[string]int64 `json:"sums"`
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[2])
	check(err)
	// The fake speaks JSON only, and nobody shall wait for a client-side limit.
	config.ContentType, config.AcceptContentTypes = "application/json", "application/json"
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	check(err)
	work := map[string]func(*kubernetes.Clientset) map[string]int64{"list": list, "watch": follow}[os.Args[1]]
	before := cpuSeconds()
	sums := work(client)
	took := cpuSeconds() - before
	check(json.NewEncoder(os.Stdout).Encode(result{took, peakMiB(), sums}))
}

// list sums the CPU requests of all pods by department, page by page.
func list(client *kubernetes.Clientset) map[string]int64 {
	sums := map[string]int64{}
	options := metav1.ListOptions{Limit: pageObjects}
	for {
		page, err := client.CoreV1().Pods("").List(context.Background(), options)
		check(err)
		for index := range page.Items {
			sums[department(page.Items[index].Namespace)] += request(&page.Items[index])
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return sums
		}
	}
}

// follow keeps the request of every pod by name until the watch ends.
func follow(client *kubernetes.Clientset) map[string]int64 {
	store := map[key]int64{}
	options := metav1.ListOptions{ResourceVersion: "1", AllowWatchBookmarks: true}
	events, err := client.CoreV1().Pods("").Watch(context.Background(), options)
	check(err)
	for event := range events.ResultChan() {
		pod, isPod := event.Object.(*corev1.Pod)
		if !isPod || event.Type == watch.Bookmark {
			continue
		}
		name := key{pod.Namespace, pod.Name}
		if event.Type == watch.Deleted {
			delete(store, name)
		} else {
			store[name] = request(pod)
		}
	}
	sums := map[string]int64{}
	for name, cpuMilli := range store {
		sums[department(name.namespace)] += cpuMilli
	}
	return sums
}

func request(pod *corev1.Pod) int64 {
	var cpuMilli int64
	for index := range pod.Spec.Containers {
		cpuMilli += pod.Spec.Containers[index].Resources.Requests.Cpu().MilliValue()
	}
	return cpuMilli
}

// department: the fake's namespaces are called tax-p7-test, and belong to d7.
func department(namespace string) string {
	return "d" + strings.TrimPrefix(strings.Split(namespace, "-")[1], "p")
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func seconds(value syscall.Timeval) float64 {
	return float64(value.Sec) + float64(value.Usec)/1e6
}

// peakMiB is the peak of the process's memory, from /proc/self/status.
func peakMiB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	check(err)
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	_, err = fmt.Sscan(rest, &kib)
	check(err)
	return kib / 1024
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
