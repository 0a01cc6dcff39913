package http1

import (
	"strconv"

	"modwsgi-express/core/exchange"
)

// The error page, around the status line's text and a sentence for people.
const (
	pageStart  = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>"
	pageMiddle = "</title></head>\n<body>\n<h1>"
	pageBody   = "</h1>\n<p>"
	pageEnd    = "</p>\n</body>\n</html>\n"
)

// AppendError appends a whole response that refuses a request and ends the
// connection: a small page that holds nothing the client sent. With head it has
// no body. extra are more fields, such as Retry-After.
func AppendError(dst []byte, status int, date []byte, server string, head bool, extra ...exchange.Field) []byte {
	size := len(pageStart) + len(pageMiddle) + len(pageBody) + len(pageEnd) + 2*(len("400 ")+len(pageTitle(status))) + len(pageText(status))
	dst = appendStatusLine(dst, status, nil)
	for _, f := range extra {
		dst = append(dst, f.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, f.Value...)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "Date: "...)
	dst = append(dst, date...)
	dst = append(dst, "\r\n"...)
	if server != "" {
		dst = appendField(dst, "Server", server)
	}
	dst = append(dst, "Content-Type: "+ErrorPageType+"\r\nContent-Length: "...)
	dst = strconv.AppendInt(dst, int64(size), 10)
	dst = append(dst, "\r\nConnection: close\r\n\r\n"...)
	if head {
		return dst
	}
	return AppendErrorPage(dst, status)
}

// ErrorPageType is the Content-Type of AppendErrorPage.
const ErrorPageType = "text/html; charset=utf-8"

// AppendErrorPage appends the page alone, for a response that is framed elsewhere.
func AppendErrorPage(dst []byte, status int) []byte {
	dst = append(dst, pageStart...)
	dst = appendTitle(dst, status)
	dst = append(dst, pageMiddle...)
	dst = appendTitle(dst, status)
	dst = append(dst, pageBody...)
	dst = append(dst, pageText(status)...)
	return append(dst, pageEnd...)
}

func appendTitle(dst []byte, status int) []byte {
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	return append(dst, pageTitle(status)...)
}

func pageTitle(status int) string {
	if title := StatusText(status); title != "" {
		return title
	}
	return "Error"
}

// pageText returns the sentence of the error page, in the words of somebody who
// has a browser in front of them.
func pageText(status int) string {
	switch status {
	case 400:
		return "The server could not understand the request."
	case 403:
		return "You may not see this page."
	case 404:
		return "There is no such page on this server."
	case 405:
		return "The page cannot be used in this way."
	case 408:
		return "The request took too long to arrive."
	case 413:
		return "The request is larger than the server accepts."
	case 414:
		return "The address is longer than the server accepts."
	case 417:
		return "The server cannot meet an expectation of the request."
	case 431:
		return "The head of the request is larger than the server accepts. Deleting cookies may help."
	case 500:
		return "The application failed. The server's log says more."
	case 501:
		return "The server does not implement what the request needs."
	case 502:
		return "The application ended while it handled the request."
	case 503:
		return "The server is busy or starting. Please try again in a moment."
	case 504:
		return "The application did not answer in time."
	case 505:
		return "The server does not speak this version of HTTP."
	}
	if status < 500 {
		return "The server refused the request."
	}
	return "The server could not answer the request."
}
