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

  /// A reader that has gone (a closed pipe) is no reason to fail.
  private static func write(_ text: String, to handle: FileHandle) {
    try? handle.write(contentsOf: Data(text.utf8))
  }
}
