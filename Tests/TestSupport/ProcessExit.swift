/// How a process ended.
package enum ProcessExit: Sendable, Equatable, CustomStringConvertible {
  /// By itself, with this code (0...255).
  case code(Int32)
  /// By this signal.
  case signal(Int32)

  /// Reads what `waitpid` reported.
  init(status: Int32) {
    let signal = status & 0x7F
    self = signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)
  }

  /// Whether it ended by itself with code 0.
  package var isSuccess: Bool { self == .code(0) }

  package var description: String {
    switch self {
    case .code(let code): "exit code \(code)"
    case .signal(let signal): "signal \(signal)"
    }
  }
}

/// What a finished process left: how it ended, and everything it wrote.
package struct ProcessResult: Sendable, CustomStringConvertible {
  /// The command line, for messages.
  package let command: String
  /// How it ended; nil where it was killed because its deadline had passed.
  package let exit: ProcessExit?
  /// Its standard output.
  package let output: String
  /// Its standard error.
  package let errors: String

  package var description: String {
    "\(command): \(exit?.description ?? "killed at its deadline")\n\(output)\n\(errors)"
  }
}

/// A process that ended other than it should have.
package struct ProcessFailure: Error, CustomStringConvertible {
  /// What happened, with the process's own words.
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
