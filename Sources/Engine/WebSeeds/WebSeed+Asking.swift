import HTTPClient
import Metainfo
import NIOCore
import PluginKit

extension WebSeed {
  /// Why a part of a file is not to be had now.
  struct Failure: Error {
    let outcome: WebSeedStanding.Outcome
  }

  /// The most that a server which knows no ranges may make us read for a part.
  private static let wholeFile: Int64 = 16 << 20
  /// Time for a request, and for each so many bytes of it.
  private static let patience = TimeAmount.seconds(20)
  private static let slowest: Int64 = 64 << 10

  /// The bytes of a part: exactly as many as it has.
  func ask(_ part: WebSeedMap.Part) async -> Result<ByteBuffer, Failure> {
    let length = part.range.upperBound - part.range.lowerBound
    let fields: HTTPFields = ["Range": "bytes=\(part.range.lowerBound)-\(part.range.upperBound - 1)", "Accept-Encoding": "identity"]
    let deadline = NIODeadline.now() + Self.patience + .seconds(length / Self.slowest)
    do throws(HTTPClientError) {
      let limits = HTTPLimits(body: Int(max(length, Self.wholeFile)), redirects: 5)
      return take(try await session.get(part.url, headers: fields, limits: limits, deadline: deadline), part)
    } catch {
      return .failure(Failure(outcome: Self.outcome(error)))
    }
  }

  private func take(_ response: HTTPResponse, _ part: WebSeedMap.Part) -> Result<ByteBuffer, Failure> {
    let length = Int(part.range.upperBound - part.range.lowerBound)
    switch response.status {
    case 206:
      guard response.fields["Content-Range"].map({ Self.says($0, part, swarm.torrent) }) == true, response.body.readableBytes == length
      else {
        return .failure(Failure(outcome: .unfit("its answer is of another range than was asked for")))
      }
      return .success(response.body)
    case 200:
      // It knows no ranges, and has sent the file.
      let whole = swarm.torrent.layout.files[part.file].length
      guard Int64(response.body.readableBytes) == whole,
        let slice = response.body.getSlice(at: response.body.readerIndex + Int(part.range.lowerBound), length: length)
      else { return .failure(Failure(outcome: .unfit("it knows no ranges, and what it has is not the file"))) }
      return .success(slice)
    case 429, 503:
      let seconds = response.fields["Retry-After"].flatMap { Int64($0) } ?? 30
      return .failure(Failure(outcome: .busy(.seconds(max(0, seconds)), "it is busy (HTTP status \(response.status))")))
    // An origin may have tomorrow what it has not today.
    default: return .failure(Failure(outcome: .failed("HTTP status \(response.status)")))
    }
  }

  /// Whether a `Content-Range` (RFC 9110, section 14.4) is of the part, and of a file of the right length.
  static func says(_ value: String, _ part: WebSeedMap.Part, _ torrent: Torrent) -> Bool {
    let length = torrent.layout.files[part.file].length
    let range = "bytes \(part.range.lowerBound)-\(part.range.upperBound - 1)/"
    return value.hasPrefix(range) && (value.dropFirst(range.count) == "*" || value.dropFirst(range.count) == "\(length)")
  }

  private static func outcome(_ error: HTTPClientError) -> WebSeedStanding.Outcome {
    switch error {
    case .tlsUnavailable, .redirectRefused, .tooManyRedirects, .unsupportedEncoding, .bodyTooLarge: .unfit("\(error)")
    default: .failed("\(error)")
    }
  }
}
