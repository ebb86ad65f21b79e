import Foundation
import GRDB
import Metainfo

extension Row {
  /// The column's value. Unlike GRDB's subscripts, which trap, a damaged file is an error.
  func value<Value: DatabaseValueConvertible & StatementColumnConvertible>(_ column: String) throws -> Value {
    try decode(Value.self, forColumn: column)
  }

  /// The column as one of an enumeration's words.
  func word<Word: RawRepresentable<String>>(_ column: String) throws -> Word {
    let text: String = try value(column)
    guard let word = Word(rawValue: text) else { throw UnreadableRow(problem: "\(column) is \"\(text)\"") }
    return word
  }

  /// A time column.
  func time(_ column: String) throws -> Timestamp {
    Timestamp(nanoseconds: try value(column))
  }

  /// A time column that may be null.
  func optionalTime(_ column: String) throws -> Timestamp? {
    let nanoseconds: Int64? = try value(column)
    return nanoseconds.map(Timestamp.init(nanoseconds:))
  }

  /// A blob column as bytes.
  func bytes(_ column: String) throws -> [UInt8]? {
    let data: Data? = try value(column)
    return data.map { [UInt8]($0) }
  }

  /// The two info-hash columns.
  func infoHash() throws -> InfoHash {
    let v1 = try bytes("info_hash_v1").flatMap { SHA1Digest($0) }
    let v2 = try bytes("info_hash_v2").flatMap { SHA256Digest($0) }
    guard let infoHash = InfoHash(v1: v1, v2: v2) else { throw UnreadableRow(problem: "an artifact without an info-hash") }
    return infoHash
  }
}
