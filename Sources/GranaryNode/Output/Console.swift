import Control
import Foundation

/// Standard output and standard error of a command.
enum Console {
  /// Prints a line to standard output.
  static func print(_ line: String) { write(line + "\n", to: .standardOutput) }

  /// Prints a line to standard error.
  static func note(_ line: String) { write(line + "\n", to: .standardError) }

  /// Prints a document as one line of JSON.
  static func print(document: some Encodable) throws {
    print(String(decoding: try DocumentEncoder.encode(document), as: UTF8.self))
  }

  /// Prints a failure as the contract has it.
  static func report(_ failure: Failure, asJSON: Bool) {
    if asJSON, let data = try? DocumentEncoder.encode(failure.document) {
      return note(String(decoding: data, as: UTF8.self))
    }
    for line in failure.lines {
      // Messages quote arguments, names in torrents, what trackers said: nothing of it may move a cursor.
      note(LogOutput.shared.errorPriority + "granary: error: " + escaped((line.place.map { "\($0): " } ?? "") + line.message))
    }
  }

  /// Whether progress may be drawn on standard error.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// What standard output has room for; that of a common terminal where it is none.
  static var size: StatusScreen.Size {
    var window = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else { return StatusScreen.Size() }
    return StatusScreen.Size(columns: Int(window.ws_col), rows: Int(window.ws_row) - 1)
  }

  /// Draws lines over what a terminal shows; elsewhere they follow what was there, after an empty line.
  static func draw(_ lines: [String]) {
    // Home, each line to its end, and what is below.
    let text = lines.map { $0 + "\u{1B}[K\n" }.joined()
    isatty(STDOUT_FILENO) == 1 ? write("\u{1B}[H" + text + "\u{1B}[J", to: .standardOutput) : print(lines.joined(separator: "\n") + "\n")
  }

  /// A reader that has gone (a closed pipe) is no reason to fail.
  private static func write(_ text: String, to handle: FileHandle) {
    try? handle.write(contentsOf: Data(text.utf8))
  }
}
