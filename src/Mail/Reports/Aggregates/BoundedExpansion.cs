using System.IO.Compression;

namespace Relay.Mail;

/// <summary>Expands gzip and zip within a bound: a few kilobytes can be made to hold gigabytes.</summary>
internal static class BoundedExpansion
{
    public const int MaxBytes = 32 * 1024 * 1024;

    /// <summary>The content as it is, or what its gzip or zip form holds.</summary>
    /// <returns>Null when it is damaged, holds more than <see cref="MaxBytes"/>, or more than one file.</returns>
    public static byte[]? Expand(byte[] content)
    {
        try
        {
            return content switch
            {
                [0x1f, 0x8b, ..] => ReadAll(new GZipStream(new MemoryStream(content), CompressionMode.Decompress)),
                [0x50, 0x4b, 0x03, 0x04, ..] => Unzip(content),
                _ => content.Length <= MaxBytes ? content : null,
            };
        }
        catch (Exception damaged) when (damaged is InvalidDataException or IOException or NotSupportedException)
        {
            return null;
        }
    }

    private static byte[]? Unzip(byte[] content)
    {
        using var archive = new ZipArchive(new MemoryStream(content), ZipArchiveMode.Read);
        var files = archive.Entries.Where(entry => !entry.FullName.EndsWith('/')).Take(2).ToList();
        return files.Count == 1 ? ReadAll(files[0].Open()) : null;
    }

    private static byte[]? ReadAll(Stream stream)
    {
        using (stream)
        {
            using var expanded = new MemoryStream();
            var buffer = new byte[64 * 1024];
            for (var read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
            {
                if (expanded.Length + read > MaxBytes)
                {
                    return null;
                }

                expanded.Write(buffer, 0, read);
            }

            return expanded.ToArray();
        }
    }
}
