/// A program that a plugin wants to have run beside us.
public struct ChildProgram: Sendable, Hashable {
  /// The absolute path of the program.
  public var path: String
  /// Its arguments, without its name.
  public var arguments: [String]
  /// The user that it runs as; nil: the node's own.
  public var user: String?
  /// Bytes of private memory that it may have.
  public var memory: Int64

  public init(path: String, arguments: [String] = [], user: String? = nil, memory: Int64 = 512 << 20) {
    (self.path, self.arguments, self.user, self.memory) = (path, arguments, user, memory)
  }
}

/// What is to become of a child next.
public struct ChildTurn: Sendable {
  /// Whether there is to be one.
  public enum Wish: Sendable, Hashable {
    /// Running: started where it is not.
    case up
    /// Not running. Where it does, it is asked to end and killed when it does not, or killed at once.
    case down(isUrgent: Bool)
    /// Never again: the thread ends.
    case over
  }

  /// Whether there is to be a child.
  public var wish: Wish
  /// Bytes for its standard input, in front of those of later turns.
  public var output: [UInt8]
  /// When to be asked again, if nothing happens before; nil: whenever.
  public var wake: ContinuousClock.Instant?
  /// Whether what it writes to standard error is read, or has to wait.
  public var readsErrors: Bool

  public init(_ wish: Wish, output: [UInt8] = [], wake: ContinuousClock.Instant? = nil, readsErrors: Bool = true) {
    (self.wish, self.output, self.wake, self.readsErrors) = (wish, output, wake, readsErrors)
  }
}

/// What says how it goes on with a child, and is told what the child does. Called on the child's own thread, one call at a time; it must not
/// block.
public protocol ChildDriver: Sendable {
  /// What is to be done next. Asked after each event.
  ///
  /// - Parameter mayWrite: whether the child has taken what it was given so far; else no output is wanted.
  func turn(mayWrite: Bool) -> ChildTurn
  /// The child was started.
  func started(pid: Int32)
  /// The child could not be started, has ended or has closed its output, in words. Not told of an end that was wished for.
  func ended(_ how: String)
  /// Bytes from its standard output, as they come.
  func received(_ bytes: [UInt8])
  /// Bytes from its standard error, as they come.
  func complained(_ bytes: [UInt8])
}

/// A way to the thread of a child.
public protocol ChildHandle: Sendable {
  /// Has the driver asked for its turn, soon.
  func wake()
}

/// The port for programs that run beside us. They are started without a shell, with an empty environment and no descriptors but the three
/// standard ones, in a process group of their own that is killed as a whole, and never outlive us.
public protocol ChildProcesses: Sendable {
  /// Why the program may not or cannot be started, as far as one can say without starting it; nil where nothing speaks against it. Blocks;
  /// meant for the start and for reloads.
  func problem(with program: ChildProgram) -> String?
  /// Whether a program that names no user has all powers.
  var runsAsRoot: Bool { get }
  /// Makes a thread that starts the program when the driver wishes and keeps it until its last wish.
  func run(_ program: ChildProgram, _ driver: any ChildDriver) -> any ChildHandle
}

/// A host that starts no programs.
public struct NoChildProcesses: ChildProcesses {
  private struct Handle: ChildHandle {
    func wake() {}
  }

  public init() {}

  public let runsAsRoot = false
  public func problem(with program: ChildProgram) -> String? { "this host starts no programs" }
  public func run(_ program: ChildProgram, _ driver: any ChildDriver) -> any ChildHandle { Handle() }
}
