import PluginKit

/// Something in a plugin that is not as the interface has it.
public struct ConformanceFinding: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was looked at.
  public let check: ConformanceCheck
  /// The hook; nil for what is about none.
  public let hook: Hook?
  /// What the interface wants.
  public let expected: String
  /// What the plugin did.
  public let happened: String

  package init(_ check: ConformanceCheck, _ hook: Hook?, expected: String, happened: String) {
    (self.check, self.hook, self.expected, self.happened) = (check, hook, expected, happened)
  }

  /// `debt in on_request: expected …; happened: …`.
  public var description: String {
    "\(check.rawValue)\(hook.map { " in \($0.rawValue)" } ?? ""): expected \(expected); happened: \(happened)"
  }
}
