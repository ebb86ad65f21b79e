/// A decoder, or what stands behind several, as a fuzzer feeds it.
///
/// Whatever the input is, `run` returns: a value and an error of the decoder's are equally good. What must not happen is a trap, a throw from
/// here (a promise of the decoder's that does not hold), memory beyond what the input can justify, or seconds of work.
protocol FuzzTarget: SendableMetatype {
  /// The name by which it is called, and the folder of its found inputs.
  static var name: String { get }
  /// The longest input that it is worth feeding, in bytes: what a peer, a tracker or a file may make us read in one go, or less where more
  /// of the same finds nothing.
  static var maximumLength: Int { get }

  init() throws

  /// Feeds one input. Throws `BrokenPromise`.
  mutating func run(_ input: [UInt8]) throws

  /// Sound inputs, made by our own encoders, from which a fuzzer begins.
  func seeds() throws -> [[UInt8]]
}

extension FuzzTarget {
  /// Checks what must hold of a decoded value.
  func promise(_ holds: @autoclosure () throws -> Bool, _ what: @autoclosure () -> String) throws {
    guard try holds() else { throw BrokenPromise(target: Self.name, what: what()) }
  }
}

/// Something that a decoder promises of what it gives, and did not keep.
struct BrokenPromise: Error, CustomStringConvertible {
  let target: String
  let what: String
  var description: String { "\(target): \(what)" }
}

/// Every target there is, the quick ones first.
let fuzzTargets: [any FuzzTarget.Type] = [
  BencodeTarget.self, TorrentTarget.self, MagnetTarget.self, CatalogueTarget.self, SettingsTarget.self, TrackerHTTPTarget.self,
  TrackerUDPTarget.self,
  TrackerTargetTarget.self, TrackerDatagramTarget.self,
  ExtendedHandshakeTarget.self, MetadataMessageTarget.self, HashMessagesTarget.self,
  ExternalAnswerTarget.self, AuthMessageTarget.self, NoticeTarget.self, HaveMessageTarget.self, PeerConnectionTarget.self,
]
