/// Who asks a node through its control interface, as the journal names them.
package enum ControlCaller: Sendable, Hashable, CustomStringConvertible {
  /// A user of this machine, by the kernel's word.
  case user(UInt32)
  /// Somebody elsewhere, by what the link's certificate proves.
  case identity(String)
  /// Whoever has the token of this name.
  case token(String)

  package var description: String {
    switch self {
    case .user(let uid): "uid \(uid)"
    case .identity(let identity): identity
    case .token(let name): "token \(name)"
    }
  }
}
