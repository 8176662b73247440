using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Relay.Mail;

namespace Relay.Queue;

/// <summary>CFBL-Feedback-ID fields (RFC 9477 §3.2): which message, and whose copy of it, a complaint is about; signed, so that nobody can make one up.</summary>
/// <remarks>The form is that of <see cref="ReturnPathCodec"/>, signed for a purpose of its own: who got a message by it cannot send bounces about it.</remarks>
public sealed class FeedbackIdCodec(ITokenKeys keys)
{
    public const string FieldName = "CFBL-Feedback-ID";

    private readonly ReturnPathCodec _codec = new(keys, "feedback-id");

    /// <param name="only">The recipient whose own copy it stands in; null when all share one.</param>
    public string Encode(QueueId message, Mailbox? only, DateTimeOffset expires) => _codec.Encode(message, only is null ? 0 : HashOf(only), expires);

    /// <returns>Null when it is none of ours, or altered.</returns>
    public FeedbackId? Decode(string text) => _codec.Decode(text) is { } token ? new FeedbackId(token.Message, token.VariantBits, token.Expires) : null;

    // Zero is kept for all; the signature guards it, so that 32 bits do.
    internal static uint HashOf(Mailbox recipient) =>
        Math.Max(1, BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(SuppressionKey.Of(recipient)))));
}

/// <summary>What a feedback id says.</summary>
public sealed record FeedbackId(QueueId Message, uint RecipientHash, DateTimeOffset Expires)
{
    public bool Names(Mailbox recipient) => RecipientHash == 0 || RecipientHash == FeedbackIdCodec.HashOf(recipient);
}
