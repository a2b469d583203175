package main

import (
	"bufio"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

const patience = 2 * time.Second // for a client that connects and says nothing

// serve answers every connection with the name of this machine, until the listener fails. A client that speaks HTTP
// gets an HTTP answer; one that says nothing, or anything else, gets the bare name.
func serve(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go answer(connection, name)
	}
}

func answer(connection net.Conn, name string) {
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(patience))
	first, _ := bufio.NewReader(connection).ReadString('\n')
	body := name + "\n"
	if strings.Contains(first, " HTTP/") {
		body = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " +
			strconv.Itoa(len(body)) + "\r\n\r\n" + body
	}
	_ = connection.SetWriteDeadline(time.Now().Add(patience))
	_, _ = connection.Write([]byte(body))
}
