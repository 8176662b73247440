using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>What a server keeps of a password for SCRAM-SHA-256 (RFC 5802 §3).</summary>
/// <param name="Salt">Of a login that does not exist: always the same for the same name, so that the two cannot be told apart.</param>
public sealed record ScramSecret(ReadOnlyMemory<byte> Salt, int Iterations, ReadOnlyMemory<byte> StoredKey, ReadOnlyMemory<byte> ServerKey)
{
    // A record prints its members, and these are secrets.
    public override string ToString() => nameof(ScramSecret);
}

/// <summary>The secret of a login, or the reply that puts the client off.</summary>
public readonly record struct ScramLookup(ScramSecret? Secret, SmtpReply? Refusal);
