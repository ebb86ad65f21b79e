/// What a program writes to standard error, as lines for the log: bounded in length and in number, whatever it writes.
struct ErrorLines: Sendable {
  private static let longestLine = 1000
  /// Lines at once, and in a second in the long run.
  private static let burst = 100.0
  private static let linesPerSecond = 20.0
  /// Bytes at once, and in a second; beyond them it has to wait until we read on.
  private static let byteBurst = 256.0 * 1024
  private static let bytesPerSecond = 64.0 * 1024

  private var line: [UInt8] = []
  private var isCut = false
  private var lines = burst
  private var bytes = byteBurst
  private var filled: ContinuousClock.Instant
  /// Lines that were left out since the last that was not.
  private var leftOut = 0

  init(now: ContinuousClock.Instant) {
    filled = now
  }

  /// Whether more is read.
  mutating func mayRead(_ now: ContinuousClock.Instant) -> Bool {
    fill(now)
    return bytes > 0
  }

  /// Takes bytes as they come; gives the lines that are whole.
  mutating func take(_ new: [UInt8], _ now: ContinuousClock.Instant) -> [String] {
    fill(now)
    bytes -= Double(new.count)
    var whole: [String] = []
    for byte in new {
      if byte == UInt8(ascii: "\n") {
        if let text = finish() { whole.append(text) }
      } else if line.count < Self.longestLine {
        line.append(byte)
      } else {
        isCut = true
      }
    }
    return whole
  }

  /// The rest, which has no end, when nothing comes any more.
  mutating func end() -> [String] { line.isEmpty ? [] : [finish()].compactMap { $0 } }

  private mutating func finish() -> String? {
    defer { (line, isCut) = ([], false) }
    guard lines >= 1 else {
      leftOut += 1
      return nil
    }
    lines -= 1
    defer { leftOut = 0 }
    let gap = leftOut == 0 ? "" : "(\(leftOut) lines were left out) "
    return gap + PlainText.shown(String(decoding: line, as: UTF8.self), longest: Self.longestLine) + (isCut ? "…" : "")
  }

  private mutating func fill(_ now: ContinuousClock.Instant) {
    let seconds = max(0, (now - filled) / .seconds(1))
    filled = now
    lines = min(Self.burst, lines + seconds * Self.linesPerSecond)
    bytes = min(Self.byteBurst, bytes + seconds * Self.bytesPerSecond)
  }
}
