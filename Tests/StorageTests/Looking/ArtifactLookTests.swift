import Glibc
import Metainfo
import TestSupport
import Testing

@testable import Storage

struct ArtifactLookTests {
  private let fixture: ReaderFixture
  private let files: [ArtifactLook.File]

  init() throws {
    fixture = try ReaderFixture(
      [TorrentFile(path: ["a"], length: 10), TorrentFile(path: ["sub", "b"], length: 20)], pieceLength: 16_384)
    files = zip(fixture.paths, fixture.identities).map(ArtifactLook.File.init)
  }

  private func look(_ files: [ArtifactLook.File]? = nil) -> ArtifactLook {
    ArtifactLook.look(at: files ?? self.files, below: fixture.folder.path)
  }

  @Test func whatIsAsItWasIsSaidToBe() {
    #expect(look().isAsEvidence && look().fault == nil && !look().isGone && look().unknown == 0)
    #expect(look() == look())
  }

  @Test func eachChangeIsNamedAndLooksOtherwise() throws {
    let before = look().fingerprint
    try fixture.folder.append("artifact/a", [1])
    let after = look()
    let path = fixture.folder.path("artifact/a")
    #expect(after.fault == .changed(path: path, what: "it is 11 bytes long, not 10") && after.faults == 1)
    #expect(after.fingerprint != before)
    try fixture.folder.remove("artifact/a")
    #expect(look().fault == .missing(path: path) && !look().isGone)
    #expect(look().fingerprint != after.fingerprint)
    try fixture.folder.makePipe("artifact/a")
    #expect(look().fault == .wrongKind(path: path, found: "a named pipe"))
  }

  @Test func allFilesMissingIsBeingGone() throws {
    try fixture.folder.rename("artifact", to: "elsewhere")
    #expect(look().isGone && look().faults == 2)
    try fixture.folder.rename("elsewhere", to: "artifact")
    #expect(look().isAsEvidence)
  }

  @Test func aFileWithoutEvidenceCountsWhenItIsThere() throws {
    let unknown = [files[0], ArtifactLook.File(path: files[1].path, identity: nil)]
    #expect(look(unknown).unknown == 1 && look(unknown).isAsEvidence)
    try fixture.folder.remove("artifact/sub/b")
    #expect(look(unknown).unknown == 0 && look(unknown).isAsEvidence)
    #expect(!look([]).isGone)
  }

  @Test func aLinkIsNotFollowed() throws {
    try fixture.folder.rename("artifact/a", to: "elsewhere")
    try fixture.folder.link("artifact/a", to: "../elsewhere")
    #expect(look().fault == .symlink(path: fixture.folder.path("artifact/a")))
  }
}
