using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Relay.Platform.Webhooks;
using Relay.Queue;

namespace Relay.Platform.Received;

/// <summary>Posts received mail to the webhook of its domain.</summary>
/// <remarks>
/// 1. Read the content. 2. Authenticate: SPF, DKIM, DMARC. 3. Compose, sign and post. 4. 2xx is taken, 410 is gone, everything else comes again
/// as the queue's schedule says. The identifier is the same in every attempt, so that a receiver can tell a repetition.
/// </remarks>
internal sealed class ReceivedMailHook : IReceivedMailHook, IDisposable
{
    /// <summary>The door takes nothing larger.</summary>
    internal const long MaxBytes = 32 * 1024 * 1024;

    private const int CallsPerDomain = 8;
    private const int LargeBytes = 1024 * 1024;
    private const int LargeCalls = 2;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRest = TimeSpan.FromHours(1);

    private readonly IReadOnlyDictionary<string, ReceivedHook> _hooks;
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _calls = new(StringComparer.OrdinalIgnoreCase);
    private readonly SemaphoreSlim _large = new(LargeCalls);
    private readonly ISpool _spool;
    private readonly MailAuthenticator _authenticator;
    private readonly IWebhookSender _sender;
    private readonly TimeProvider _time;

    /// <param name="hooks">By domain, without regard to case; asked for each message, so that they may be exchanged.</param>
    public ReceivedMailHook(
        IReadOnlyDictionary<string, ReceivedHook> hooks, ISpool spool, MailAuthenticator authenticator, IWebhookSender sender, TimeProvider time)
    {
        _hooks = hooks;
        _spool = spool;
        _authenticator = authenticator;
        _sender = sender;
        _time = time;
    }

    public async ValueTask<HookAnswer> HandOverAsync(DeliveryTask task, CancellationToken cancellationToken)
    {
        var domain = OwnKeys.ReceivedDomain(task.QueueKey) ?? string.Empty;
        if (!_hooks.TryGetValue(domain, out var hook))
        {
            return new HookAnswer(HookVerdict.Later, $"the configuration names no webhook for {domain} any more") { IsOurFault = true };
        }

        var size = task.Variant.Content.SizeBytes;
        if (size > MaxBytes)
        {
            return new HookAnswer(HookVerdict.Gone, string.Create(CultureInfo.InvariantCulture, $"a message of {size} octets is not handed over")) { IsOurFault = true };
        }

        // Content, its copy in base64 and the request are in memory at once: few large ones at a time.
        await using var small = await TurnAsync(_calls.GetOrAdd(domain, static _ => new SemaphoreSlim(CallsPerDomain)), cancellationToken);
        await using var large = size > LargeBytes ? await TurnAsync(_large, cancellationToken) : default;
        return await PostAsync(hook, task, cancellationToken);
    }

    public void Dispose()
    {
        _large.Dispose();
        foreach (var calls in _calls.Values)
        {
            calls.Dispose();
        }
    }

    private async ValueTask<HookAnswer> PostAsync(ReceivedHook hook, DeliveryTask task, CancellationToken cancellationToken)
    {
        var mail = await ReceivedMail.ReadAsync(task, _spool, _authenticator.Server, cancellationToken);
        var authentication = await _authenticator.CheckAsync(mail, cancellationToken);
        var raw = mail.Raw(AuthenticationResultsWriter.Write(_authenticator.Server, mail, authentication));
        var uid = IdOf(task);
        var now = _time.GetUtcNow();
        var body = WebhookPayload.Write(uid, ReceivedPayload.Type, mail.ReceivedAt, task.Message.AccountId, json => ReceivedPayload.Write(json, mail, authentication, raw));
        var request = new WebhookRequest(hook.Url, Headers(hook, PublicId.Text(uid), body, now), body)
        {
            Timeout = Timeout,
            AllowPlainHttp = hook.Url.IsLoopback,
        };
        return Judge(hook, await _sender.SendAsync(request, cancellationToken));
    }

    private static HookAnswer Judge(ReceivedHook hook, WebhookReply reply)
    {
        var verdict = reply.IsSuccess ? HookVerdict.Taken : reply.IsGone ? HookVerdict.Gone : HookVerdict.Later;
        var rest = reply.RetryAfter is { } asked && asked > TimeSpan.Zero ? asked < LongestRest ? asked : LongestRest : default(TimeSpan?);
        var text = reply.Error is { } error ? $"the webhook at {hook.Url.Host}: {error}" : $"the webhook at {hook.Url.Host} answered {reply.Status}";
        return new HookAnswer(verdict, text) { Host = hook.Url.Host, RetryAfter = rest };
    }

    private static KeyValuePair<string, string>[] Headers(ReceivedHook hook, string id, byte[] body, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return
        [
            new("User-Agent", "relay-webhooks/" + WebhookPayload.Version),
            new(WebhookSigner.IdHeader, id),
            new(WebhookSigner.TimestampHeader, seconds),
            new(WebhookSigner.SignatureHeader, WebhookSigner.Standard(hook.Secret, id, seconds, body)),
        ];
    }

    /// <summary>Made of the message, the domain and its first recipient: a message with many recipients is handed over in several calls.</summary>
    private static Guid IdOf(DeliveryTask task)
    {
        var facts = Encoding.ASCII.GetBytes($"{task.Message.Id} {task.QueueKey} ");
        Span<byte> bytes = stackalloc byte[facts.Length + sizeof(long)];
        facts.CopyTo(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes[facts.Length..], task.Recipients.Min(recipient => recipient.Id));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);

        // Version 8: a UUID made of other data.
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    private static async ValueTask<Turn> TurnAsync(SemaphoreSlim calls, CancellationToken cancellationToken)
    {
        await calls.WaitAsync(cancellationToken);
        return new Turn(calls);
    }

    private readonly struct Turn(SemaphoreSlim? calls) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            calls?.Release();
            return ValueTask.CompletedTask;
        }
    }
}
