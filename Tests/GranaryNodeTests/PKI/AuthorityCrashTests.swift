import Foundation
import OpenSSL
import Storage
import TestSupport
import Testing

@testable import GranaryNode

/// What a command finds that comes after one which was killed, and beside one that is at work.
struct AuthorityCrashTests {
  @Test
  func aKeyWithoutItsCertificateGetsIt() throws {
    let rig = try AuthorityRig()
    let record = try rig.issue("edge-7")
    #expect(unlink(rig.files.certificate(of: "edge-7")) == 0)
    _ = try rig.open()
    #expect(try AuthorityFolder.certificate(rig.files.certificate(of: "edge-7")).serial == record.serial)
  }

  @Test
  func aRecordWithoutFilesIsInNobodysWay() throws {
    let rig = try AuthorityRig()
    try rig.issue("edge-7")
    for file in [rig.files.certificate(of: "edge-7"), rig.files.key(of: "edge-7")] { #expect(unlink(file) == 0) }
    let second = try rig.issue("edge-7")
    #expect(try AuthorityFolder.certificate(rig.files.certificate(of: "edge-7")).serial == second.serial)
    #expect(try AuthorityIndex(rig.files).records.count == 2)
  }

  @Test
  func whatWasRevokedInTheIndexOnlyIsInTheNextList() throws {
    let rig = try AuthorityRig()
    let record = try rig.issue("edge-7")
    var index = try AuthorityIndex(rig.files)
    try index.revoke([record.serial], at: AuthorityRig.now, reason: nil)
    let shown = try PKIShowDocument.authority(rig.files, at: AuthorityRig.now)
    #expect(shown.warnings.contains { $0.contains("lacks 1") })
    #expect(try rig.open().revoke(nil).list.serials == [record.serial])
    #expect(try PKIShowDocument.authority(rig.files, at: AuthorityRig.now).warnings.isEmpty)
  }

  @Test
  func aLostListIsFollowedByAHigherOne() throws {
    let rig = try AuthorityRig()
    #expect(unlink(rig.files.revoked) == 0)
    let list = try rig.open().revoke(nil).list
    #expect(list.number == UInt64(AuthorityRig.now))
    #expect(list.nextUpdate == AuthorityRig.now + 30 * PrivateAuthority.day)
  }

  @Test
  func aDamagedIndexIsNotWrittenOver() throws {
    let rig = try AuthorityRig()
    try rig.issue("edge-7")
    let damaged = try AuthorityFolder.read(rig.files.index) + Array("{\"serial\"".utf8)
    try AtomicFile.write(damaged, to: rig.files.index)
    let refused = try failure { _ = try rig.open() }
    #expect(refused?.status == .badData && refused?.lines.first?.place == rig.files.index + ":2")
    #expect(try AuthorityFolder.read(rig.files.index) == damaged)
  }

  @Test
  func whatAKilledWriterLeftIsSweptAway() throws {
    let rig = try AuthorityRig()
    try rig.folder.write([1], to: "pki/.granary-1-x.tmp")
    _ = try rig.open()
    #expect(!AuthorityFolder.exists(rig.files.path + "/.granary-1-x.tmp"))
  }

  @Test
  func oneAtATime() throws {
    let rig = try AuthorityRig()
    let held = try AuthorityLock(rig.files)
    #expect(try failure { _ = try AuthorityLock(rig.files, patience: .milliseconds(50)) }?.status == .tryLater)
    withExtendedLifetime(held) {}
  }
}
