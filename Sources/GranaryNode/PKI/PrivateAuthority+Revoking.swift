import Foundation
import OpenSSL
import Storage

extension PrivateAuthority {
  /// What became of a revocation.
  struct Revocation {
    /// What was meant, as the index has it now.
    let records: [IssuedRecord]
    /// How many of them had been revoked before.
    let already: Int
    /// The new list.
    let list: RevocationList
  }

  /// How long a list is good, in days, where nobody says.
  static let listDays = 30

  /// Revokes every certificate that `what` means, and writes a new list. What was revoked before keeps its date.
  /// - Parameter what: a name, a serial in hex, or a certificate's file; nil renews the list only.
  /// - Parameter listDays: how long the list is good; nil for as long as the one before.
  func revoke(_ what: String?, reason: RevocationReason? = nil, listDays: Int? = nil) throws -> Revocation {
    var index = try AuthorityIndex(folder)
    let meant = try what.map { try find($0, in: index.records) } ?? []
    let serials = Set(meant.map(\.serial))
    // First the index, from which lists are made: a kill in between is mended by the next list.
    if !serials.isEmpty { try index.revoke(serials, at: now, reason: reason) }
    let list = try makeList(index.records, days: listDays)
    try AtomicFile.write(Array(list.pem.utf8), to: folder.revoked)
    return Revocation(
      records: index.records.filter { serials.contains($0.serial) }, already: meant.count { $0.revokedAt != nil }, list: list)
  }

  private func makeList(_ records: [IssuedRecord], days: Int?) throws -> RevocationList {
    // One that is lost or damaged has the clock follow it: no counter that began at 1 is as high.
    let last = try? folder.readRevocationList()
    let number = last?.number.map { $0 + 1 } ?? UInt64(clamping: now)
    let lastValidity = last.flatMap { list in list.nextUpdate.map { $0 - list.thisUpdate - Self.clockTolerance } }
    let validity = days.map { Int64($0) * Self.day } ?? lastValidity.flatMap { $0 > 0 ? $0 : nil } ?? Int64(Self.listDays) * Self.day
    let ours = authority.certificate
    guard now < ours.notAfter else { throw Failure(.badData, "\(folder.certificate): the authority has expired: make another") }
    // What has expired needs no revoking any more, but clocks differ, and lists of a small authority are short: it stays.
    return try authority.revocationList(
      .init(number: number, thisUpdate: now - Self.clockTolerance, nextUpdate: now + validity, entries: records.compactMap(\.revocation)))
  }

  private func find(_ what: String, in records: [IssuedRecord]) throws -> [IssuedRecord] {
    let named = records.filter { $0.name == what }
    if !named.isEmpty { return named }
    let numbered = records.filter { $0.hasSerial(what) }
    if !numbered.isEmpty { return numbered }
    guard access(what, F_OK) == 0 else {
      throw Failure(.inputMissing, "\(what): no certificate of this authority has such a name or serial, and there is no such file")
    }
    let certificate = try AuthorityFolder.certificate(what)
    let same = records.filter { $0.serial == certificate.serial && certificate.isSigned(by: authority.certificate) }
    guard !same.isEmpty else { throw Failure(.badData, "\(what): this authority has not issued it") }
    return same
  }
}
