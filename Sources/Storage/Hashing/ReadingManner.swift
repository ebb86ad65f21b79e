/// How data is read that nobody waits for.
package enum ReadingManner: Sendable {
  /// As fast as the disk gives it; what is read stays in the page cache as far as the kernel likes.
  case eager
  /// Likewise, but only as fast as the closure lets each chunk of so many bytes pass; it may sleep.
  case paced(pace: @Sendable (Int) -> Void)
  /// Only as fast as the closure lets each chunk of so many bytes pass (it may sleep), and leaving the page cache as it is: what was
  /// there stays there, what was read from the disk for us is let go of.
  case sparing(pace: @Sendable (Int) -> Void)
}
