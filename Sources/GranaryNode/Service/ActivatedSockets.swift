import Engine
import Glibc
import PluginKit
import Settings

/// The listening sockets that a service manager has opened for us.
struct ActivatedSockets: Sendable {
  /// A socket, and what the manager calls it.
  private struct Named {
    let socket: ListeningSocket
    let name: String?
  }

  private let named: [Named]

  var sockets: [ListeningSocket] { named.map(\.socket) }

  /// Takes over what was handed over. Throws where one is no socket that peers could be accepted from.
  init(_ inherited: [ServiceEnvironment.Inherited]) throws(Failure) {
    var named: [Named] = []
    for one in inherited {
      let words = "descriptor \(one.descriptor)\(Self.called(one.name)) of LISTEN_FDS"
      guard fcntl(one.descriptor, F_GETFD) >= 0 else { throw Failure(.configuration, "\(words) is not open") }
      guard Self.listens(one.descriptor), let socket = ListeningSocket(adopting: one.descriptor) else {
        throw Failure(.configuration, "\(words) is no TCP socket that listens (a .socket unit wants ListenStream= and Accept=no)")
      }
      named.append(Named(socket: socket, name: one.name))
    }
    self.named = named
  }

  /// Throws where a socket is bound to an address that no entry of `listen` has: somebody expects to be answered there.
  func check(_ settings: NodeSettings) throws(Failure) {
    var rest = InheritedSockets(sockets)
    for listener in settings.listen { _ = rest.claim(ListenAddress(listener)) }
    let lines = rest.unclaimed.map { socket in
      let name = named.first { $0.socket.descriptor == socket.descriptor }?.name
      let words = "the service manager has opened a socket\(Self.called(name)) on \(socket.address)"
      return Failure.Line(
        message: words + ", and no entry of listen has this address (or another socket has it already)", place: settings.file)
    }
    guard lines.isEmpty else { throw Failure(.configuration, lines) }
  }

  private static func called(_ name: String?) -> String { name.map { " ('\($0)')" } ?? "" }

  private static func listens(_ descriptor: Int32) -> Bool {
    var (value, length) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value == 1
  }
}
