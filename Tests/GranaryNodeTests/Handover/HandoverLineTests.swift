import Foundation
import Metainfo
import NIOPosix
import Storage
import TestSupport
import Testing

@testable import GranaryNode

struct HandoverLineTests {
  private struct Words: Codable, Equatable, Sendable { let text: String }

  private let folder: TemporaryDirectory
  private var place: String { folder.path("heir.sock") }

  init() throws { folder = try TemporaryDirectory("handover") }

  /// Both ends of a line.
  private func pair() async throws -> (HandoverLine, HandoverLine) {
    let (listening, began) = AsyncStream.makeStream(of: Void.self)
    let place = place
    async let accepted = NIOThreadPool.singleton.runIfActive {
      defer { began.finish() }
      return try HandoverLine.accept(at: place, within: .seconds(30)) { began.yield() }
    }
    for await _ in listening.prefix(1) {}
    let connected = try HandoverLine.connect(to: place)
    return (try await accepted, connected)
  }

  @Test func `A long line arrives with its descriptors, which are others for the same files`() async throws {
    let (heir, former) = try await pair()
    #expect(access(place, F_OK) != 0)
    let words = Words(text: String(repeating: "a word ", count: 200_000))
    try folder.write(Array("held".utf8), to: "file")
    let file = open(folder.path("file"), O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    async let sending: Void = NIOThreadPool.singleton.runIfActive {
      try former.send(words, descriptors: [file, file], within: .seconds(30))
    }
    let (line, descriptors) = try #require(
      try await NIOThreadPool.singleton.runIfActive { try heir.receive(Words.self, longest: 4 << 20, within: .seconds(30)) })
    try await sending
    defer { for descriptor in descriptors { close(descriptor) } }
    #expect(line == words && descriptors.count == 2 && !descriptors.contains(file))
    for descriptor in descriptors {
      #expect(FileIdentity.of(descriptor: descriptor) == FileIdentity.of(descriptor: file))
      #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }
  }

  @Test func `Who goes without a word, says too much, or nothing, is told from who speaks`() async throws {
    let (heir, former) = try await pair()
    #expect(throws: HandoverLine.Broken.self) { try heir.receive(Words.self, longest: 100, within: .milliseconds(1)) }
    try former.send(Words(text: String(repeating: "x", count: 200)), within: .seconds(30))
    #expect(throws: HandoverLine.Broken.self) { try heir.receive(Words.self, longest: 100, within: .seconds(30)) }
    let left = try await pair().0
    #expect(try left.receive(Words.self, longest: 100, within: .seconds(30)) == nil)
  }

  @Test func `Nobody at the place, and a place too long for a socket, are told of`() async throws {
    #expect(throws: HandoverLine.Broken.self) { try HandoverLine.connect(to: place) }
    let long = folder.path(String(repeating: "x", count: 120))
    #expect(throws: HandoverLine.Broken.self) { try HandoverLine.accept(at: long, within: .seconds(1)) {} }
    #expect(throws: HandoverLine.Broken.self) { try HandoverLine.accept(at: place, within: .milliseconds(1)) {} }
  }
}
