import HTTPClient
import Testing
import Tracker

@Suite struct TrackerURLTests {
  @Test func `http and udp are understood`() throws {
    #expect(try TrackerURL("http://t/announce?passkey=x").origin == "http://t")
    #expect(try TrackerURL("https://t/announce?passkey=x").origin == "https://t")
    #expect(try TrackerURL("udp://[::1]:6969/announce").origin == "udp://[::1]:6969")
    #expect(try TrackerURL("UDP://T.example:1").host == .name("t.example"))
  }

  @Test(arguments: [
    ("wss://t/", "a tracker's scheme is http, https or udp"),
    ("udp://t/announce", "needs a port"), ("http://u:p@t/", "user name"), ("", "no scheme"), ("udp://t:70000", "65535"),
  ])
  func `others are refused with the reason`(text: String, reason: String) throws {
    let error = try #require(throws: TrackerError.self) { try TrackerURL(text) }
    guard case .unsupported = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.description.contains(reason))
  }
}
