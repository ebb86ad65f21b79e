import Control
import Inventory
import Metainfo
import PluginKit
import Settings
import Storage
import Testing

@testable import GranaryNode

/// Failures with their exit codes, and text fit for a terminal.
struct OutputTests {
  private struct Unheard: Error {}

  private static let cases: [(error: any Error & Sendable, status: GranaryNode.ExitStatus)] = [
    (Failure(.tryLater, "x"), .tryLater),
    (SettingsErrors([SettingsErrorLine(place: "f:1:1", path: "a", message: "m")]), .configuration),
    (SettingsErrors(kind: .unreadable, [SettingsErrorLine(place: "f", message: "m")]), .inputMissing),
    (PipelineProblems([PipelineProblem(place: "f:1:1", message: "m")]), .configuration),
    (ErrorsDocument(errors: [.init(code: 66, message: "m")]), .inputMissing),
    (ErrorsDocument(errors: [.init(code: 1, message: "m")]), .internalError),
    (ErrorsDocument(errors: []), .internalError),
    (InventoryError.unknownArtifact("x"), .inputMissing), (InventoryError.ambiguous(text: "x", candidates: []), .usage),
    (InventoryError.busy(place: "x"), .tryLater), (InventoryError.full(place: "x"), .diskIO),
    (InventoryError.corrupt(place: "x", problem: "p"), .badData), (InventoryError.cannotOpen(place: "x", problem: "p"), .cannotCreate),
    (InventoryError.failed(place: "x", problem: "p"), .internalError),
    (StorageError.missing(path: "x"), .inputMissing), (StorageError.failed(path: "x", operation: "read", offset: nil, errno: 5), .diskIO),
    (StorageError.changed(path: "x", what: "size"), .badData),
    (StorageError.several([.changed(path: "x", what: "size"), .missing(path: "y")]), .inputMissing), (Unheard(), .internalError),
  ]

  @Test(arguments: cases.indices)
  func everyErrorHasTheExitCodeOfItsKind(index: Int) {
    let (error, status) = Self.cases[index]
    let failure = Failure(error)
    #expect(failure.status == status)
    #expect(failure.document.errors.map(\.code) == failure.lines.map { _ in status.rawValue })
  }

  @Test
  func everyProblemKeepsItsPlace() {
    let errors = SettingsErrors([
      SettingsErrorLine(place: "f:1:2", path: "node.name", message: "bad"), SettingsErrorLine(place: "f:3:4", message: "worse"),
    ])
    let lines = Failure(errors).lines
    #expect(lines.map(\.place) == ["f:1:2", "f:3:4"])
    #expect(lines.map(\.message) == ["node.name: bad", "worse"])
    #expect(Failure(StorageError.several([.missing(path: "a"), .missing(path: "b")])).lines.count == 2)
  }

  @Test
  func theCodesAreThoseOfTheContract() {
    let codes: [GranaryNode.ExitStatus] = [
      .done, .usage, .badData, .inputMissing, .unavailable, .internalError, .cannotCreate, .diskIO, .tryLater, .notPermitted,
      .configuration,
    ]
    #expect(codes.map(\.rawValue) == [0, 64, 65, 66, 69, 70, 73, 74, 75, 77, 78])
  }

  @Test
  func textFromElsewhereCannotMoveTheCursor() {
    #expect(escaped("plain ünï 漢字 🙂") == "plain ünï 漢字 🙂")
    #expect(escaped("\u{1B}[2Jx\r\n\t\0") == #"\u{1b}[2Jx\u{d}\u{a}\u{9}\u{0}"#)
    #expect(escaped("a\u{202E}b\u{2028}c\u{200B}d\u{85}") == #"a\u{202e}b\u{2028}c\u{200b}d\u{85}"#)
  }

  @Test
  func bytesAreForPeople() {
    #expect(ByteText.describe(0) == "0 B" && ByteText.describe(1_023) == "1023 B" && ByteText.describe(1_024) == "1.0 KiB")
    #expect(ByteText.describe(3_758_096_384) == "3.5 GiB" && ByteText.describe(.max) == "8192.0 PiB")
  }
}
