import Metainfo
internal import PluginKit
import Synchronization

/// What was kept of the last message of a name that a principal sent.
package struct ReceivedMessage: Sendable, Hashable {
  package let name: String
  package let principal: String
  /// When it came, in seconds since 1970.
  package let at: Int64
  /// The artifact on whose connection it came.
  package let artifact: String
  /// The kept keys of its body.
  package let body: Bencode
}

/// The inventory's part for received messages: for each name and principal what was kept of the last one. Bounded in size and number; what is
/// beyond is not kept, so that nobody pushes out what others have sent.
final class ReceivedBook: Sendable {
  /// Principals and names.
  static let capacity = 10_000
  private static let prefix = "received/"

  private let store: any PluginStore
  private let count: Mutex<Int>

  init(store: any PluginStore) {
    self.store = store
    count = Mutex(store.keys.count { $0.hasPrefix(Self.prefix) })
  }

  /// Keeps a message in the place of the principal's last one; false where it is too large, or there are too many.
  func keep(_ message: ReceivedMessage) -> Bool {
    let value = Bencode.dictionary([
      "artifact": .string(message.artifact), "at": .integer(message.at), "body": message.body,
    ]).encoded()
    return count.withLock { count in
      let key = "\(Self.prefix)\(message.name)/\(message.principal)"
      let isNew = store.value(key) == nil
      guard !isNew || count < Self.capacity, store.update(key, lasting: true, { $0 = value }) else { return false }
      if isNew { count += 1 }
      return true
    }
  }

  /// All that is kept, by name and principal.
  var all: [ReceivedMessage] {
    store.keys.filter { $0.hasPrefix(Self.prefix) }.sorted().compactMap { key in store.value(key).flatMap { Self.message(key, $0) } }
  }

  private static func message(_ key: String, _ value: [UInt8]) -> ReceivedMessage? {
    let parts = key.dropFirst(prefix.count).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let value = try? Bencode.decode(value, limits: .message), let at = value["at"]?.integer,
      let artifact = value["artifact"]?.string, let body = value["body"]
    else { return nil }
    return ReceivedMessage(name: String(parts[0]), principal: String(parts[1]), at: at, artifact: artifact, body: body)
  }
}
