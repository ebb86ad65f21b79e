import Metainfo

/// The body of a tracker's HTTP answer: a bencoded dictionary whose fields are read with their types checked.
struct TrackerBody {
  private let fields: Bencode

  /// Decodes a body; keys may come in any order. Throws `malformed` with the offset, or `refused` where it holds a `failure reason`.
  init(_ bytes: [UInt8]) throws(TrackerError) {
    do {
      fields = try Bencode.decode(bytes, limits: .message, options: .allowsUnsortedKeys)
    } catch {
      throw .malformed(place: "body", problem: "\(error)")
    }
    guard fields.dictionary != nil else { throw .malformed(place: "body", problem: "not a dictionary") }
    if let reason = try text("failure reason") { throw .refused(reason: reason, retry: retry) }
  }

  subscript(key: String) -> Bencode? { fields[key] }

  /// A number that is not negative, else nil where the field is missing.
  func count(_ key: String) throws(TrackerError) -> Int64? {
    guard let value = fields[key] else { return nil }
    guard let number = value.integer, number >= 0 else { throw .malformed(place: key, problem: "not a number from 0") }
    return number
  }

  func seconds(_ key: String) throws(TrackerError) -> Duration? { try count(key).map { .seconds($0) } }

  /// A string; bytes that are not UTF-8 are replaced.
  func text(_ key: String) throws(TrackerError) -> String? { try bytes(key).map { String(decoding: $0, as: UTF8.self) } }

  func bytes(_ key: String) throws(TrackerError) -> [UInt8]? {
    guard let value = fields[key] else { return nil }
    guard let bytes = value.bytes else { throw .malformed(place: key, problem: "not a string") }
    return bytes
  }

  /// BEP 31: minutes, as a number or as digits, or `never`. What is neither is no advice.
  private var retry: TrackerError.Retry? {
    guard let value = fields["retry in"] else { return nil }
    if value.string == "never" { return .never }
    guard let minutes = value.integer ?? value.string.flatMap(Int64.init), minutes > 0 else { return nil }
    return .after(.seconds(60) * Int(clamping: min(minutes, 1 << 40)))
  }
}
