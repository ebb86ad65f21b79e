import HTTPClient
import Testing

@Suite struct HTTPURLTests {
  @Test func `a URL keeps its path and query as written`() throws {
    let url = try HTTPURL("HTTP://Tracker.Example:6969/a%20b/announce?passkey=x%FF&y")
    #expect(url.scheme == .http)
    #expect(url.host == .name("tracker.example"))
    #expect(url.port == 6969)
    #expect(url.target == "/a%20b/announce?passkey=x%FF&y")
    #expect(url.authority == "tracker.example:6969")
  }

  @Test(arguments: [
    ("http://h", 80, "/", "h"), ("https://h", 443, "/", "h"), ("http://h:80/x", 80, "/x", "h"), ("http://h?q", 80, "/?q", "h"),
    ("http://h/x#fragment", 80, "/x", "h"), ("http://[2001:DB8::1]:81/", 81, "/", "[2001:db8::1]:81"), ("http://[::1]", 80, "/", "[::1]"),
    ("http://10.0.0.1/", 80, "/", "10.0.0.1"), ("https://h:80/", 80, "/", "h:80"), ("http://a.b./", 80, "/", "a.b."),
  ])
  func `defaults are filled in`(text: String, port: UInt16, target: String, authority: String) throws {
    let url = try HTTPURL(text)
    #expect((url.port, url.target, url.authority) == (port, target, authority))
  }

  @Test(arguments: [
    "", "h", "http:", "http:/h", "http:///x", "ftp://h/", "udp://h:1/", "http://user@h/", "http://user:pw@h/", "http://h:0/",
    "http://h:65536/",
    "http://h:/", "http://h:+1/", "http://h:1x/", "http://h:80:80/", "http://::1/", "http://[::1/", "http://[::1]x/",
    "http://[fe80::1%25eth0]/",
    "http://[127.0.0.1]/", "http://[]/", "http://a b/", "http://a/\u{1}", "http://a/\r\nHost: b", "http://a/ä", "http://ä/", "http://a\\b/",
    "http://a/\\b", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://1.2.3.256/", "http://a..b/", "http://.a/",
    "http://a_b%2e/", "http://a/\u{7F}",
  ])
  func `what could be read in two ways is refused`(text: String) {
    #expect(throws: URLProblem.self) { try HTTPURL(text) }
  }

  @Test func `the problem names the place`() {
    #expect(throws: URLProblem("the port is no number from 1 to 65535", at: 9)) { try HTTPURL("http://h:99999/") }
  }

  @Test func `an over-long URL is refused`() throws {
    let longest = "http://h/" + String(repeating: "x", count: URLParts.maximumLength - 9)
    #expect(try HTTPURL(longest).path.utf8.count == URLParts.maximumLength - 8)
    #expect(throws: URLProblem.self) { try HTTPURL(longest + "x") }
  }

  @Test(arguments: [
    ("http://other/x", "http://other/x"), ("https://other/", "https://other/"), ("//other:81/y?q", "http://other:81/y?q"),
    ("/z?q=/../", "http://h:8/z?q=/../"),
    ("z", "http://h:8/a/z"), ("../z", "http://h:8/z"), ("../../../z/./y/..", "http://h:8/z/"), ("?n", "http://h:8/a/b?n"),
    ("", "http://h:8/a/b?q"), ("#f", "http://h:8/a/b?q"), ("z:1", "z:1"),
  ])
  func `references are resolved`(reference: String, expected: String) throws {
    let base = try HTTPURL("http://h:8/a/b?q")
    if let url = try? HTTPURL(expected) {
      #expect(try base.resolving(reference) == url)
    } else {
      #expect(throws: URLProblem.self) { try base.resolving(reference) }
    }
  }

  @Test func `parameters are appended to a query or begin one`() throws {
    #expect(try HTTPURL("http://h/a?k=1").appending(query: "x=2").target == "/a?k=1&x=2")
    #expect(try HTTPURL("http://h/a?").appending(query: "x=2").target == "/a?x=2")
    #expect(try HTTPURL("http://h/a").appending(query: "x=2").target == "/a?x=2")
  }
}
