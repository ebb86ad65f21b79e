import Foundation
import PluginKit
import TestSupport
import Testing

@testable import GranaryNode

/// Whether others could put something else in the place of a program.
struct ProgramPathTests {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory("program")
    try folder.write(Array("#!/bin/sh\n".utf8), to: "bin/policy")
    try set(0o755, "bin")
    try set(0o755, "bin/policy")
  }

  private func set(_ mode: mode_t, _ name: String) throws { try #require(chmod(folder.path(name), mode) == 0) }
  private func link(_ name: String, _ target: String) throws { try #require(symlink(target, folder.path(name)) == 0) }
  private func problem(_ name: String = "bin/policy") -> String? { ProgramPath().problem(folder.path(name)) }

  @Test func whatOnlyWeCanWriteToIsFine() throws {
    #expect(problem() == nil)
    #expect(ProgramPath().problem("/bin/sh") == nil)
    try set(0o700, "bin/policy")
    #expect(problem() == nil)
  }

  @Test(arguments: [0o775, 0o757] as [mode_t])
  func whatOthersCanWriteToIsNot(mode: mode_t) throws {
    try set(mode, "bin/policy")
    #expect(problem() == "others can write to \(folder.path("bin/policy"))")
    try set(0o755, "bin/policy")
    try set(mode, "bin")
    #expect(problem() == "others can write to the folder \(folder.path("bin"))")
    // In a folder with the sticky bit nobody can put another file in the place of ours.
    try set(mode | S_ISVTX, "bin")
    #expect(problem() == nil)
  }

  @Test(.enabled(if: geteuid() == 0)) func whatIsAnothersIsNot() throws {
    try #require(chown(folder.path("bin/policy"), 65_534, 0) == 0)
    #expect(problem() == "\(folder.path("bin/policy")) belongs to user 65534, who could change it")
    #expect(ProgramPath(owner: 65_534).problem(folder.path("bin/policy")) == nil)
    try #require(chown(folder.path("bin/policy"), 0, 0) == 0 && chown(folder.path("bin"), 65_534, 0) == 0)
    #expect(problem() == "\(folder.path("bin")) belongs to user 65534, who could change it")
  }

  @Test func linksAreFollowedAndTheirFoldersLookedAt() throws {
    try folder.write(Array("x".utf8), to: "open/file")
    try set(0o777, "open")
    try link("bin/good", "../bin/policy")
    #expect(problem("bin/good") == nil)
    try link("open/way", folder.path("bin/policy"))
    #expect(problem("open/way")?.hasPrefix("others can write to the folder") == true)
    try link("bin/bad", "../open/file")
    #expect(problem("bin/bad")?.hasPrefix("others can write to the folder") == true)
    try link("bin/round", "round")
    #expect(problem("bin/round")?.contains("too many links") == true)
  }

  @Test func theInterpreterIsLookedAtToo() throws {
    try folder.write(Array("#!/bin/sh\n".utf8), to: "interpreter")
    try set(0o777, "interpreter")
    try folder.write(Array("#! \(folder.path("interpreter")) -I\nx".utf8), to: "bin/policy")
    try set(0o755, "bin/policy")
    #expect(problem() == "its interpreter: others can write to \(folder.path("interpreter"))")
    try folder.write(Array("#!python3\n".utf8), to: "bin/policy")
    try set(0o755, "bin/policy")
    #expect(problem() == "its interpreter: python3 is not an absolute path")
    try folder.write(Array("#!\(folder.path("bin/policy"))\n".utf8), to: "bin/policy")
    try set(0o755, "bin/policy")
    #expect(problem()?.hasSuffix("has interpreters that have interpreters") == true)
  }

  @Test func whatIsNoProgramIsNamed() throws {
    #expect(ProgramPath().problem("policy") == "policy is not an absolute path")
    #expect(problem("bin") == "\(folder.path("bin")) is a folder")
    #expect(problem("bin/none") == "\(folder.path("bin/none")): No such file or directory")
    #expect(problem("bin/policy/x") == "\(folder.path("bin/policy")) is not a folder")
    #expect(ProgramPath().problem("/dev/null") == "/dev/null is not a file")
    try set(0o644, "bin/policy")
    #expect(problem() == "\(folder.path("bin/policy")) is not executable")
    try set(0o4755, "bin/policy")
    #expect(problem()?.contains("set-user-ID") == true)
  }

  @Test func aProblemIsTheOperatorsBeforeAnythingIsStarted() {
    #expect(ChildThreads().problem(with: .init(path: folder.path("bin/policy"))) == nil)
    #expect(ChildThreads().problem(with: .init(path: folder.path("bin/policy"), arguments: ["a\0b"])) == "an argument holds a zero byte")
    let words = geteuid() == 0 ? "there is no user 'nobody-of-that-name'" : "only root can run a program as another user"
    #expect(ChildThreads().problem(with: .init(path: "/bin/sh", user: "nobody-of-that-name")) == words)
  }
}
