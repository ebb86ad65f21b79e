import Metainfo
import OpenSSL
import Settings

/// What is wrong with a file that `tls` names: enough to keep a node from starting, or an entry from being read again.
struct TLSFault: Sendable, Hashable, CustomStringConvertible {
  /// The file and where the configuration names it.
  let file: TLSSettings.File
  /// The key: `tls.fleet.key`.
  let key: String
  let problem: String

  var description: String { "\(key): \(file.path): \(problem)" }
  var line: Failure.Line { Failure.Line(message: description, place: file.place) }
}

/// Reads the files of entries of `tls`, and keeps every fault it meets rather than the first.
struct TLSLoader {
  /// Seconds since 1970: what is valid is judged at this time.
  let now: Int64
  private(set) var faults: [TLSFault] = []
  /// What is no fault, and should be said.
  private(set) var remarks: [String] = []
  /// The files as they were when they were read; one that could not be read is left out.
  private(set) var identities: [String: FileIdentity] = [:]

  init(now: Int64) {
    self.now = now
  }

  mutating func fault(_ file: TLSSettings.File, _ key: String, _ problem: String) {
    faults.append(TLSFault(file: file, key: key, problem: problem))
  }

  mutating func remark(_ text: String) { remarks.append(text) }

  mutating func read(_ file: TLSSettings.File, _ key: String) -> TLSFile? {
    do throws(TLSFileError) {
      let read = try TLSFile.read(file.path)
      identities[file.path] = read.identity
      return read
    } catch {
      fault(file, key, "\(error)")
      return nil
    }
  }

  /// What the file holds; nil, and a fault, where it is not what was wanted.
  mutating func parse<Value>(_ file: TLSSettings.File, _ key: String, _ what: String, _ parse: ([UInt8]) throws -> Value) -> Value? {
    guard let bytes = read(file, key)?.bytes else { return nil }
    do {
      return try parse(bytes)
    } catch {
      fault(file, key, "holds no \(what) that can be read: \(error)")
      return nil
    }
  }
}
