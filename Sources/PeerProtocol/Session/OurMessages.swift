/// The numbers that we have given to extended messages on one connection (BEP 10), in a few words of memory.
struct OurMessages: Sendable {
  /// Our number for `lt_donthave`, 0 where we have none.
  private(set) var dontHave: UInt8 = 0
  /// Our number for `upload_only`, 0 where we have none.
  private(set) var uploadOnly: UInt8 = 0
  /// One bit a number, 64 a word.
  private var announced: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  /// Whether we have sent an extended handshake.
  private(set) var hasAnnounced = false

  /// Adds what an extended handshake of ours announces. A number once announced stays: messages may be on their way.
  mutating func add(_ messages: [String: UInt8]) {
    hasAnnounced = true
    for id in messages.values where id != 0 { insert(id) }
    if let id = messages[DontHaveMessage.name] { dontHave = id }
    if let id = messages[UploadOnlyMessage.name] { uploadOnly = id }
  }

  func contains(_ id: UInt8) -> Bool {
    let bit = UInt64(1) << UInt64(id & 63)
    return switch id >> 6 {
    case 0: announced.0 & bit != 0
    case 1: announced.1 & bit != 0
    case 2: announced.2 & bit != 0
    default: announced.3 & bit != 0
    }
  }

  private mutating func insert(_ id: UInt8) {
    let bit = UInt64(1) << UInt64(id & 63)
    switch id >> 6 {
    case 0: announced.0 |= bit
    case 1: announced.1 |= bit
    case 2: announced.2 |= bit
    default: announced.3 |= bit
    }
  }
}
