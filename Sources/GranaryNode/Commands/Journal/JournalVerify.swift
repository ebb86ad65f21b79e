import ArgumentParser
import Control
import Foundation
import Inventory
import Metainfo
import OpenSSL

struct JournalVerify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Whether the journal is as it was written.",
    discussion: """
      Each row is bound to all rows before it by a hash, and the node signs the last hash now and then; its log and 'status' tell of it. \
      Rows that were edited, removed or put elsewhere are named. What was cut off the end together with all its traces shows only where a \
      head is given that is past it. Exits 65 where anything is wrong.
      """)

  @OptionGroup var common: CommonOptions
  @Option(
    help: """
      The public key of the node, 64 hexadecimal digits as 'status --json' has them, or a file that holds them (default: that of the key in \
      the state directory). May be given several times, where a key was followed by another.
      """)
  var key: [String] = []
  @Option(help: "A head that was once the journal's, as SEQUENCE:HASH from the log or 'status --json': it must be in the chain.")
  var head: String?

  func run() async throws {
    let place = try Workplace(common)
    let (accepted, known) = (try keys(place), try knownHead())
    await place.flushJournal()
    guard let database = try place.reading() else { throw Failure(.inputMissing, "there is no journal yet") }
    let found = try database.verifyJournal(keys: accepted, known: known)
    if common.json {
      try Console.print(document: JournalVerificationDocument(found, keys: accepted))
    } else if found.isSound {
      for line in JournalVerificationDocument.lines(found) { Console.print(line) }
    }
    guard !found.isSound else { return }
    throw Failure(.badData, JournalVerificationDocument.complaints(found))
  }

  private func keys(_ place: Workplace) throws -> [Ed25519.PublicKey] {
    if key.isEmpty {
      guard let own = try JournalKeyFile.load(place.paths.journalKey) else {
        throw Failure(.inputMissing, "\(place.paths.journalKey): no node has made its key yet; name the public one with --key")
      }
      return [own.publicKey]
    }
    return try key.map { text in
      let content = (try? String(contentsOfFile: text, encoding: .utf8)) ?? text
      let digits = content.trimmingCharacters(in: .whitespacesAndNewlines)
      guard let bytes = Hex.decode(digits), let key = try? Ed25519.PublicKey(bytes) else {
        throw ValidationError("'\(text)' is no public key: write 64 hexadecimal digits, or a file that holds them")
      }
      return key
    }
  }

  private func knownHead() throws -> JournalHead? {
    guard let head else { return nil }
    guard let known = JournalHead(head) else { throw ValidationError("'\(head)' is no head: write SEQUENCE:HASH") }
    return known
  }
}
