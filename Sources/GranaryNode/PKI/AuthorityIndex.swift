import Foundation
import Storage

/// What an authority has issued, in the order in which it did. A file of lines, replaced as a whole.
struct AuthorityIndex: Sendable {
  private(set) var records: [IssuedRecord]
  private let folder: AuthorityFolder

  /// Reads it; an authority whose index is missing has lost its memory, which nothing here may pass over.
  init(_ folder: AuthorityFolder) throws {
    self.folder = folder
    let lines = try AuthorityFolder.read(folder.index).split(separator: UInt8(ascii: "\n"))
    records = try lines.enumerated().map { number, line in
      do {
        return try JSONDecoder().decode(IssuedRecord.self, from: Data(line))
      } catch {
        throw Failure(.badData, "no record of an issued certificate: \(error)", place: "\(folder.index):\(number + 1)")
      }
    }
  }

  /// Adds a record, and has it on disk.
  mutating func append(_ record: IssuedRecord) throws {
    records.append(record)
    try write()
  }

  /// Marks these as revoked unless they are, and has it on disk.
  mutating func revoke(_ serials: Set<String>, at moment: Int64, reason: RevocationReason?) throws {
    for index in records.indices where serials.contains(records[index].serial) && records[index].revokedAt == nil {
      (records[index].revokedAt, records[index].reason) = (moment, reason?.rawValue)
    }
    try write()
  }

  private func write() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let lines = try records.map { try encoder.encode($0) + [UInt8(ascii: "\n")] }
    try AtomicFile.write(lines.flatMap { $0 }, to: folder.index, mode: 0o600)
  }
}
