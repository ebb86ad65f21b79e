import Foundation
import Metainfo
import TestSupport
import Testing

@testable import GranaryNode

/// What `publish --ssl-torrent` takes.
@Suite struct SSLRootTests {
  private func failure(_ path: String) -> (status: GranaryNode.ExitStatus, message: String)? {
    do {
      _ = try SSLRoot.read(path)
      return nil
    } catch {
      let failure = Failure(error)
      return (failure.status, failure.lines.first?.message ?? "")
    }
  }

  @Test func theFirstCertificateIsTakenWhateverStandsAroundIt() throws {
    let folder = try CertificateFolder()
    try folder.make("ca", isAuthority: true)
    try folder.make("other", isAuthority: true)
    let text = try String(contentsOfFile: folder.path("ca", "pem"), encoding: .utf8)
    let other = try String(contentsOfFile: folder.path("other", "pem"), encoding: .utf8)
    #expect(try SSLRoot.read(folder.path("ca", "pem")) == text)
    let crowded = try folder.folder.write(Array(("a comment\n" + text.replacing("\n", with: "\r\n") + other).utf8), to: "crowded.pem")
    #expect(try SSLRoot.read(crowded) == text)
    #expect(SSLRoot.subject(of: text)?.contains("ca") == true)
    #expect(SSLRoot.subject(of: "none") == nil)
  }

  @Test func whatIsNoRootIsRefusedWithTheReason() throws {
    let folder = try CertificateFolder()
    try folder.make("ca", isAuthority: true)
    try folder.make("middle", by: "ca", isAuthority: true)
    try folder.make("leaf")
    let missing = try #require(failure(folder.folder.path("none.pem")))
    #expect(missing.status == .inputMissing && missing.message.contains("No such file"))
    let text = try #require(failure(try folder.folder.write(Array("text".utf8), to: "text.pem")))
    #expect(text.status == .badData && text.message.contains("holds no"))
    let key = try #require(failure(folder.path("ca", "key")))
    #expect(key.status == .badData && key.message.contains("holds no"))
    let middle = try #require(failure(folder.path("middle", "pem")))
    #expect(middle.status == .badData && middle.message.contains("was signed by "), "\(middle)")
    let leaf = try #require(failure(folder.path("leaf", "pem")))
    #expect(leaf.status == .badData && leaf.message.contains("is not an authority"), "\(leaf)")
  }
}
