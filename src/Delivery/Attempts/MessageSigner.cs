using Microsoft.Extensions.Logging;
using Relay.Dkim;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Signs a variant once with the active keys of its From domain, and those of the cosigner, and remembers the result.</summary>
/// <remarks>
/// One signature per body form: what is converted for a peer without 8BITMIME is signed as converted, and remembered here only.
/// Reused while it is under three days old and the same keys are active (a verifier may stop finding a retired key): from the variant when an
/// earlier attempt stored it, or from memory when tasks of other domains carry the same variant. No keys: unsigned, counted. Keys that cannot
/// be used: the mail waits, because unsigned mail of a signing domain harms its reputation.
/// </remarks>
internal sealed class MessageSigner(IDkimKeySource keySource, DeliveryOptions options, DeliveryMetrics metrics, ILogger<MessageSigner> logger, TimeProvider time)
{
    private const int Remembered = 2_000;
    private static readonly TimeSpan OldestSignature = TimeSpan.FromDays(3);

    private readonly DkimSigner _signer = new();
    private readonly ExpiringCache<(long Variant, bool IsConverted), VariantSignature> _signatures = new(Remembered, time);

    /// <exception cref="SpoolException">The content cannot be read.</exception>
    public async ValueTask<SigningResult> SignAsync(DeliveryTask task, TaskContent content, CancellationToken cancellationToken)
    {
        if (task.Message.FromDomain is not { } fromDomain || !DomainName.TryParse(fromDomain, out var domain))
        {
            metrics.Signed("no-from-domain");
            return SigningResult.Unsigned;
        }

        try
        {
            var keys = await FindKeysAsync(domain, cancellationToken);
            if (keys.Count == 0)
            {
                metrics.Signed("no-key");
                return SigningResult.Unsigned;
            }

            return await SignAsync(task, content, keys, cancellationToken);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or SpoolException))
        {
            metrics.Signed("failed");
            DeliveryLog.SigningFailed(logger, domain.Ascii, task.Message.Id, exception);
            return SigningResult.Failed($"the message could not be signed for {domain}");
        }
    }

    private async ValueTask<IReadOnlyList<DkimKey>> FindKeysAsync(DomainName domain, CancellationToken cancellationToken)
    {
        var own = await keySource.FindActiveAsync(domain, cancellationToken);
        if (options.Cosigner is not { } cosigner)
        {
            return own;
        }

        var further = await keySource.FindActiveAsync(cosigner, cancellationToken);
        return own.Count == 0 ? further : [.. own.Concat(further).DistinctBy(key => key.RecordName)];
    }

    private async ValueTask<SigningResult> SignAsync(
        DeliveryTask task, TaskContent content, IReadOnlyList<DkimKey> keys, CancellationToken cancellationToken)
    {
        var names = string.Join(' ', keys.Select(k => k.RecordName));
        var form = (task.Variant.Id, content.IsConverted);
        if (!content.IsConverted && IsFresh(task.Variant.Signature, names))
        {
            return new SigningResult(task.Variant.Signature!.Fields, null, null);
        }

        if (_signatures.TryGet(form, out var known) && IsFresh(known, names))
        {
            return new SigningResult(known.Fields, content.IsConverted ? null : known, null);
        }

        var now = time.GetUtcNow();
        var signature = new VariantSignature(await ComputeAsync(task, content, keys, now, cancellationToken), now, names);
        _signatures.Set(form, signature, OldestSignature);
        metrics.Signed("signed");
        return new SigningResult(signature.Fields, content.IsConverted ? null : signature, null);
    }

    private bool IsFresh(VariantSignature? signature, string names) =>
        signature is not null && signature.KeyNames == names && time.GetUtcNow() - signature.SignedAt < OldestSignature;

    private async ValueTask<byte[]> ComputeAsync(
        DeliveryTask task, TaskContent content, IReadOnlyList<DkimKey> keys, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var prefix = task.Variant.Prefix;
        var header = await content.HeadersAsync(cancellationToken);
        var headers = new byte[prefix.Length + header.Length];
        prefix.CopyTo(headers);
        header.CopyTo(headers.AsMemory(prefix.Length));
        if (content.Memory is { } memory)
        {
            return _signer.Sign(headers, memory.Span[(int)content.HeaderBytes..], keys, now);
        }

        await using var stream = await content.OpenStreamAsync(cancellationToken);
        await SkipAsync(stream, content.HeaderBytes, cancellationToken);
        return await _signer.SignAsync(headers, stream, keys, now, cancellationToken);
    }

    private static async ValueTask SkipAsync(Stream stream, long count, CancellationToken cancellationToken)
    {
        var buffer = new byte[8192];
        for (var left = count; left > 0;)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellationToken);
            if (read == 0)
            {
                throw new SpoolException("content is shorter than recorded");
            }

            left -= read;
        }
    }
}

/// <param name="Fields">To be sent before the prefix; empty when unsigned.</param>
/// <param name="ToStore">Made now: worth keeping when recipients are deferred.</param>
/// <param name="Problem">Why the message must not go now.</param>
internal sealed record SigningResult(ReadOnlyMemory<byte> Fields, VariantSignature? ToStore, string? Problem)
{
    public static readonly SigningResult Unsigned = new(ReadOnlyMemory<byte>.Empty, null, null);

    public static SigningResult Failed(string problem) => new(ReadOnlyMemory<byte>.Empty, null, problem);
}
