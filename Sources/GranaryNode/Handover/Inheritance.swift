import Control
import Engine
import Foundation
import Inventory
import Logging
import Metainfo
import NIOPosix
import PeerProtocol
import Synchronization

/// The place of a node that has given it up for us: its lock and its sockets are here, and over the line comes what it has to say until its end.
final class Inheritance: Sendable {
  let letter: HandoverLetter
  let lock: NodeLock
  let peerID: PeerID
  private let heirloom: Mutex<[ListeningSocket]>
  private let line: HandoverLine

  /// How long a node may take to end what it was about before it gives up its place.
  private static let patience = Duration.seconds(30)
  /// How long one may take to let its peers go.
  private static let drain = Duration.seconds(20)
  private static let longestLetter = 64 << 10
  /// A journal's queue at its fullest, in JSON.
  private static let longestRemainder = 64 << 20

  private init(_ letter: HandoverLetter, _ descriptors: [CInt], _ line: HandoverLine, lock path: String) throws {
    guard letter.schema == HandoverLetter.version, let peerID = Hex.decode(letter.peerID).flatMap(PeerID.init(_:)),
      let lock = descriptors.first
    else {
      for descriptor in descriptors { close(descriptor) }
      throw HandoverLine.Broken("it hands over in another way than this build")
    }
    (self.letter, self.line, self.peerID) = (letter, line, peerID)
    self.lock = NodeLock(adopting: lock)
    heirloom = Mutex(
      descriptors.dropFirst().compactMap { descriptor in
        let socket = ListeningSocket(adopting: descriptor)
        if socket == nil { close(descriptor) }
        return socket
      })
  }

  /// Asks the node of a state directory to give up its place, and waits until it has; nil where none answers, or it ended without.
  static func ask(_ paths: NodePaths) async throws -> Inheritance? {
    guard UnixSocket.isAnswered(path: paths.socket) else { return nil }
    let client = ControlClient(path: paths.socket, group: MultiThreadedEventLoopGroup.singleton)
    let place = paths.heirSocket
    let (asked, answer) = AsyncStream.makeStream(of: Void.self)
    let waiting = Task {
      try await NIOThreadPool.singleton.runIfActive {
        defer { answer.finish() }
        return try HandoverLine.accept(at: place, within: patience) { answer.yield() }
      }
    }
    for await _ in asked.prefix(1) {
      do {
        _ = try await client.handOver(HandoverOrder(socket: place))
      } catch {
        // Nobody will come: whoever waits is called off by a visit.
        _ = try? HandoverLine.connect(to: place)
        _ = try? await waiting.value
        if let refusal = error as? ErrorsDocument { throw refusal }
        return nil
      }
    }
    let line = try await waiting.value
    return try await NIOThreadPool.singleton.runIfActive {
      guard let (letter, descriptors) = try line.receive(HandoverLetter.self, longest: longestLetter, within: patience) else { return nil }
      return try Inheritance(letter, descriptors, line, lock: paths.lock)
    }
  }

  /// The sockets, which are the caller's from now on.
  func takeSockets() -> InheritedSockets {
    InheritedSockets(
      heirloom.withLock { sockets in
        defer { sockets = [] }
        return sockets
      })
  }

  /// What the former node could not store any more; blocks until it has ended. Nil where it ended without a word.
  func remainder() -> HandoverRemainder? {
    (try? line.receive(HandoverRemainder.self, longest: Self.longestRemainder, within: Self.drain))?.line
  }

  deinit {
    for socket in heirloom.withLock({ $0 }) { close(socket.descriptor) }
  }
}
