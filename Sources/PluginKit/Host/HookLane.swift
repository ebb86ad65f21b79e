import Synchronization

/// One event loop's record of whose hook runs on it: a word that is written at each call of a connection's hook, and that a watchdog may read
/// from outside when the loop does not answer.
///
/// Only the loop writes. Stores are relaxed: who reads wants to know what has been running for seconds.
package final class HookLane: Sendable {
  /// A hook that runs.
  package struct Running: Sendable, Hashable {
    package let plugin: String
    package let hook: Hook
    /// The connection's number.
    package let connection: UInt64
  }

  /// How many calls are timed one by one after something took long.
  private static let attentiveCalls = 4096

  let clock: @Sendable () -> ContinuousClock.Instant
  private let stamp = Atomic<UInt64>(0)
  private let connection = Atomic<UInt64>(0)
  private let attention = Atomic<Int>(0)
  private let names = Mutex<[String]>([])

  package init(clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
    self.clock = clock
  }

  /// The plugin and hook that run now; nil between hooks.
  package var running: Running? {
    let mark = stamp.load(ordering: .relaxed)
    guard mark != 0, let plugin = name(mark >> 16), let hook = Hook(ordinal: Int(mark & 0x7FFF)) else { return nil }
    return Running(plugin: plugin, hook: hook, connection: connection.load(ordering: .relaxed))
  }

  /// Whether the hook that runs now is of a plugin in shadow: what it asks for is not done. For the loop itself.
  var isInShadow: Bool { stamp.load(ordering: .relaxed) & Self.shadow != 0 }

  /// Time is lost in hooks that are timed now and then only: for a while, each call is timed.
  package func attend() { attention.store(Self.attentiveCalls, ordering: .relaxed) }

  /// Whether the next call is to be timed in any case.
  var isAttentive: Bool {
    let left = attention.load(ordering: .relaxed)
    guard left > 0 else { return false }
    attention.store(left - 1, ordering: .relaxed)
    return true
  }

  /// A number for a plugin's name: 1 or more, the same for the same name.
  func number(of name: String) -> UInt64 {
    names.withLock { names in
      if let index = names.firstIndex(of: name) { return UInt64(index + 1) }
      names.append(name)
      return UInt64(names.count)
    }
  }

  /// The stamp of a plugin's hook.
  static func mark(_ number: UInt64, _ hook: Hook, isShadow: Bool = false) -> UInt64 {
    number << 16 | UInt64(hook.ordinal) | (isShadow ? shadow : 0)
  }

  /// The bit of a stamp that says that the plugin is in shadow; hooks are far fewer.
  static let shadow: UInt64 = 0x8000

  /// Runs a hook of a connection that is no part of its chain yet.
  package func run<Value, Failure: Error>(
    _ installed: InstalledPlugin, _ hook: Hook, _ connection: UInt64, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    enter(Self.mark(number(of: installed.name), hook, isShadow: installed.isShadow), connection)
    defer { leave() }
    return try body()
  }

  func enter(_ mark: UInt64, _ connection: UInt64) {
    self.connection.store(connection, ordering: .relaxed)
    stamp.store(mark, ordering: .relaxed)
  }

  func leave() { stamp.store(0, ordering: .relaxed) }

  private func name(_ number: UInt64) -> String? {
    names.withLock { names in
      let index = Int(number) - 1
      return names.indices.contains(index) ? names[index] : nil
    }
  }
}

extension Hook {
  private static let ordinals = Dictionary(uniqueKeysWithValues: zip(allCases, 1...))

  /// The hook's place among all, from 1.
  var ordinal: Int { Self.ordinals[self] ?? 0 }

  init?(ordinal: Int) {
    guard Self.allCases.indices.contains(ordinal - 1) else { return nil }
    self = Self.allCases[ordinal - 1]
  }
}
