import ArgumentParser
import Foundation
import Metainfo

/// libtorrent with the same artifacts, at its best: resume data of its own making in one file, no trackers, nothing enabled that is not serving.
struct ResumedLibtorrent {
  private let program: CompiledProgram
  private let resume: String

  /// Has libtorrent seed the artifacts once, and write down what it wants to resume with.
  init(_ made: SmallArtifacts, below folder: String) throws {
    program = try CompiledProgram("resumed", below: folder, libraries: ["torrent-rasterbar", "pthread"])
    resume = folder + "/resume"
    let list = folder + "/list"
    try Data(made.torrentFiles.map { "\($0.torrent) \($0.folder)\n" }.joined().utf8).write(to: URL(fileURLWithPath: list))
    let said = String(decoding: try ChildProcess.run([program.path, "learn", list, resume]), as: UTF8.self)
    guard Int(said.trimmingCharacters(in: .whitespacesAndNewlines)) == made.torrentFiles.count else {
      throw ValidationError("libtorrent resumes with fewer torrents than there are: \(said)")
    }
  }

  /// What starts it on this port.
  func arguments(port: Int) -> [String] { [program.path, "serve", "\(port)", resume] }
}
