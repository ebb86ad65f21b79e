/// How long a UDP request is waited for before it is sent again: `base · 2^n` (BEP 15).
package struct UDPRetransmission: Hashable, Sendable {
  /// The first wait.
  package let base: Duration
  /// How often a request is sent again, 0 to 8.
  package let limit: Int

  /// BEP 15's own numbers are 15 s and 8; the last wait is then 3840 s, so callers bound the whole by a deadline.
  package init(base: Duration = .seconds(15), limit: Int = 8) {
    self.base = base
    self.limit = min(max(0, limit), 8)
  }

  /// The wait after the request has been sent `n` times again; nil where it is not waited for any more.
  package func wait(_ n: Int) -> Duration? {
    (0...limit).contains(n) ? base * (1 << n) : nil
  }
}
