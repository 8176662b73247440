namespace Relay.Queue;

/// <summary>The unit of transmission: content, own prefix and signature, own return-path. What differs by recipient makes one variant per recipient.</summary>
public sealed record Variant
{
    /// <summary>Assigned by the store.</summary>
    public required long Id { get; init; }

    public required ContentReference Content { get; init; }

    /// <summary>Trace fields we prepend (Received, and Date or Message-ID where they were missing), CRLF lines.</summary>
    public required ReadOnlyMemory<byte> Prefix { get; init; }

    /// <summary>Signature stored by an earlier attempt that deferred; null when none.</summary>
    public VariantSignature? Signature { get; init; }

    /// <summary>Return path for this variant; null means the message's reverse-path.</summary>
    public string? ReturnPath { get; init; }
}

/// <summary>DKIM-Signature fields made for one body form of a variant.</summary>
/// <param name="Fields">Complete fields, CRLF lines, to be sent before the prefix.</param>
/// <param name="KeyNames">The <c>selector._domainkey.domain</c> names used, joined by a space.</param>
public sealed record VariantSignature(ReadOnlyMemory<byte> Fields, DateTimeOffset SignedAt, string KeyNames);
