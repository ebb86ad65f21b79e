/// What a server may make us hold and do. Sizes are in bytes.
package struct HTTPLimits: Hashable, Sendable {
  /// The longest body, and the longest line of `HTTPClient.lines`.
  package var body: Int
  /// The longest status line with header fields, interim (1xx) responses included.
  package var head: Int
  /// How many redirects are followed.
  package var redirects: Int

  package init(body: Int = 1 << 20, head: Int = 16 << 10, redirects: Int = 3) {
    (self.body, self.head, self.redirects) = (max(0, body), max(0, head), max(0, redirects))
  }

  /// The bytes a response may take on the wire. Chunks of one byte cost six; beyond eight a server is only wasting our time.
  var wire: Int {
    let (body, overflow) = body.multipliedReportingOverflow(by: 8)
    return overflow ? Int.max : body.addingReportingOverflow(head).overflow ? Int.max : body + head
  }
}
