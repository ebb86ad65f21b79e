package import Metainfo

/// What was accepted last of a catalogue: what comes next must not go behind it.
package struct AcceptedCatalogue: Hashable, Sendable {
  package let name: String
  package let serial: Int64
  /// Seconds since 1970.
  package let date: Int64
  /// Of the document's bytes.
  package let digest: SHA256Digest

  package init(name: String, serial: Int64, date: Int64, digest: SHA256Digest) {
    (self.name, self.serial, self.date, self.digest) = (name, serial, date, digest)
  }

  package init(_ catalogue: SignedCatalogue) {
    let document = catalogue.document
    self.init(name: document.name, serial: document.serial, date: document.date, digest: catalogue.digest)
  }
}

/// Why a catalogue is not accepted.
package enum CatalogueRefusal: Error, Hashable, Sendable {
  case malformed(CatalogueError)
  /// A signature is required, and there is none.
  case unsigned
  /// None of the trusted keys has signed it: forged, damaged, or signed with a key that is not trusted here.
  case untrusted(key: CatalogueKeyID?)
  /// It is another catalogue than the one that is followed.
  case renamed(from: String, to: String)
  /// Its serial number is lower than the last one's.
  case rolledBack(from: Int64, to: Int64)
  /// Another one with the same serial number was accepted before.
  case contradictory(serial: Int64)
  /// Its date is before the last one's.
  case backdated
  /// It is older than it may be.
  case stale(age: Int64, limit: Int64)
  /// It was made in the future, by this clock.
  case fromTheFuture(by: Int64)
}

extension CatalogueRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let error): "it is no catalogue: \(error)"
    case .unsigned: "it is not signed"
    case .untrusted(let key?): "it is not signed by a key that is trusted (it names the key \(key))"
    case .untrusted(nil): "it is not signed by a key that is trusted"
    case .renamed(let from, let to): "it is the catalogue '\(to)', not '\(from)'"
    case .rolledBack(let from, let to): "it is rolled back: serial \(to) after \(from)"
    case .contradictory(let serial): "it differs from the one with the same serial, \(serial), that was accepted"
    case .backdated: "it has a higher serial and an earlier date than the last one"
    case .stale(let age, let limit): "it is \(age) s old, more than \(limit) s"
    case .fromTheFuture(let seconds): "its date is \(seconds) s in the future"
    }
  }

  /// Whether its signature is what is wrong.
  var isOfSignature: Bool {
    switch self {
    case .unsigned, .untrusted: true
    default: false
    }
  }

  /// A word for the kind, for rules of the journal and for counters.
  package var code: String {
    switch self {
    case .malformed: "malformed"
    case .unsigned: "unsigned"
    case .untrusted: "untrusted"
    case .renamed: "renamed"
    case .rolledBack: "rolled-back"
    case .contradictory: "contradictory"
    case .backdated: "backdated"
    case .stale: "stale"
    case .fromTheFuture: "future"
    }
  }
}

/// What is asked of a catalogue before anything is done by it.
package struct CatalogueTrust: Sendable {
  package let keys: CatalogueKeys
  /// Whether one of the keys must have signed it.
  package let requiresSignature: Bool
  /// Seconds that it may be old; nil for as long as it likes.
  package let maximumAge: Int64?
  /// Seconds that a publisher's clock may be ahead of ours.
  package static let clockSkew: Int64 = 600

  package init(keys: CatalogueKeys, requiresSignature: Bool = true, maximumAge: Int64?) {
    (self.keys, self.requiresSignature, self.maximumAge) = (keys, requiresSignature, maximumAge)
  }

  /// Reads a catalogue and judges it. `last` is what was accepted before; nil for nothing. `now`: seconds since 1970.
  package func accept(_ bytes: [UInt8], after last: AcceptedCatalogue?, now: Int64) throws(CatalogueRefusal) -> SignedCatalogue {
    let envelope = try Self.decoding { () throws(CatalogueError) in try CatalogueEnvelope(decoding: bytes) }
    // Before anything is made of what somebody says who is not trusted.
    try judgeSignature(envelope)
    let catalogue = try Self.decoding { () throws(CatalogueError) in try SignedCatalogue(envelope) }
    if let last { try judgeOrder(catalogue, last) }
    try judgeAge(catalogue.document.date, now: now)
    return catalogue
  }

  private static func decoding<Value>(_ body: () throws(CatalogueError) -> Value) throws(CatalogueRefusal) -> Value {
    do throws(CatalogueError) { return try body() } catch { throw .malformed(error) }
  }

  private func judgeSignature(_ envelope: CatalogueEnvelope) throws(CatalogueRefusal) {
    guard requiresSignature else { return }
    guard let signature = envelope.signature else { throw .unsigned }
    guard keys.haveSigned(envelope) else { throw .untrusted(key: signature.key) }
  }

  private func judgeOrder(_ catalogue: SignedCatalogue, _ last: AcceptedCatalogue) throws(CatalogueRefusal) {
    let document = catalogue.document
    guard document.name == last.name else { throw .renamed(from: last.name, to: document.name) }
    guard document.serial >= last.serial else { throw .rolledBack(from: last.serial, to: document.serial) }
    if document.serial == last.serial {
      guard catalogue.digest == last.digest else { throw .contradictory(serial: document.serial) }
    } else if document.date < last.date {
      throw .backdated
    }
  }

  /// To be asked again of what was accepted, for as long as nothing newer comes: whoever keeps back what is new is noticed.
  package func judgeAge(_ date: Int64, now: Int64) throws(CatalogueRefusal) {
    // Both are seconds since 1970; a document's date is not negative, so that the difference fits.
    let age = max(0, now) - date
    if age < -Self.clockSkew { throw .fromTheFuture(by: -age) }
    if let maximumAge, age > maximumAge { throw .stale(age: age, limit: maximumAge) }
  }
}
