/// When the background thread flushes. Given to it from outside, so that tests decide.
package protocol FlushPacer: Sendable {
  /// Waits until the next flush is due. False once `stop` was called: the last flush.
  func wait() -> Bool
  /// Makes the next flush due now. Never waits.
  func wake()
  /// Ends the pace; a waiting thread goes on.
  func stop()
}
