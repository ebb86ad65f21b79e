import Metainfo

extension ArtifactReader {
  /// Compares what lies on disk, and what is held open, with the evidence. Empty while the artifact may be served.
  ///
  /// Looks up every file that is not padding or a link, so it waits for disks and is for the thread pool. A file without evidence is
  /// compared only where it is held open: then it must still be what its path names. A file found changed is let go of, so that
  /// nothing more is read from it without a look at the evidence.
  package func check() -> [StorageError] {
    layout.files.indices.compactMap { index in
      let file = layout.files[index]
      guard !file.isPadding, file.symlinkTarget == nil else { return nil }
      let error = fault(ofFile: index)
      if error != nil { cache.remove(DescriptorCache.Key(reader: number, file: index)) }
      return error
    }
  }

  private func fault(ofFile index: Int) -> StorageError? {
    let held = cache.file(DescriptorCache.Key(reader: number, file: index))
    let given = identities.indices.contains(index) ? identities[index] : nil
    guard let evidence = given ?? held?.identity else { return nil }
    if let held, let error = fault(ofFile: index, FileStatus(descriptor: held.descriptor), evidence) { return error }
    do throws(StorageError) {
      let path = paths.indices.contains(index) ? paths[index] : []
      return fault(ofFile: index, try FileStatus.of(path, below: root), evidence)
    } catch {
      return error
    }
  }

  private func fault(ofFile index: Int, _ status: FileStatus?, _ evidence: FileIdentity) -> StorageError? {
    evidence.fault(of: status, at: display(file: index))
  }
}
