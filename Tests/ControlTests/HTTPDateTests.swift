import Testing

@testable import Control

@Suite struct HTTPDateTests {
  @Test(arguments: [
    (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"),
    (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"), (1_796_083_199, "Mon, 30 Nov 2026 23:59:59 GMT"),
  ])
  func `the time is written as RFC 9110 has it`(second: Int64, text: String) {
    var date = HTTPDate()
    #expect(date.text(at: second) == text)
    #expect(date.text(at: second) == text)
  }
}
