using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Relay.Delivery;

namespace Relay.Storage;

/// <summary>One small file for each domain, replaced as a whole.</summary>
/// <remarks>
/// Files are named by a hash, as a domain can be longer than a file name. Losing the last ones in a crash costs a fetch, so nothing is synced.
/// Files older than any policy can bind are deleted when the store is opened for use.
/// </remarks>
internal sealed class FileMtaStsStore(string folder, TimeProvider time) : IMtaStsStore
{
    private const int MaxFileBytes = 512 * 1024;

    // RFC 8461 §3.2: max_age ends at a year.
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(366);

    private readonly Lock _gate = new();
    private bool _isSwept;

    public async ValueTask<StoredMtaStsPolicy?> FindAsync(string domain, CancellationToken cancellationToken)
    {
        var file = new FileInfo(PathOf(domain));
        if (!file.Exists || file.Length > MaxFileBytes)
        {
            return null;
        }

        try
        {
            var stored = JsonSerializer.Deserialize<StoredMtaStsPolicy>(await File.ReadAllBytesAsync(file.FullName, cancellationToken));
            return stored?.Domain == domain ? stored : null;
        }
        catch (JsonException)
        {
            // Cut short or written by somebody else: as good as none, and replaced by the next fetch.
            return null;
        }
    }

    public async ValueTask SaveAsync(StoredMtaStsPolicy policy, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(folder);
            Sweep();
            var path = PathOf(policy.Domain);
            var temporary = $"{path}.{Guid.NewGuid():N}.new";
            await File.WriteAllBytesAsync(temporary, JsonSerializer.SerializeToUtf8Bytes(policy), cancellationToken);
            File.Move(temporary, path, overwrite: true);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    // Who writes meanwhile waits: a file that is being written must not be taken for one that was left behind.
    private void Sweep()
    {
        lock (_gate)
        {
            if (_isSwept)
            {
                return;
            }

            var oldest = time.GetUtcNow().UtcDateTime - LongestLife;
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(file => file.LastWriteTimeUtc < oldest || file.Extension == ".new").ToList())
            {
                file.Delete();
            }

            _isSwept = true;
        }
    }

    private string PathOf(string domain) => Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(domain))) + ".json");
}
