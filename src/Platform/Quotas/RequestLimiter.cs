using System.Globalization;
using Microsoft.AspNetCore.Http;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Quotas;

/// <summary>Requests per second of a key, and of an account where it has a limit of its own. In memory: a second is soon forgotten. Thread safe.</summary>
/// <remarks>
/// Every answer tells what is left, in the fields of the IETF draft on RateLimit headers and in the older X-RateLimit ones, whose
/// Reset counts seconds. Without any limit nothing is told.
/// </remarks>
internal sealed class RequestLimiter(PlatformOptions options, AccountService accounts, TimeProvider time)
{
    private const int MaxBuckets = 100_000;

    private readonly BoundedTable<TokenBucket> _buckets = new(MaxBuckets);

    /// <summary>Null lets the request through; the response's headers are set in either case.</summary>
    public async ValueTask<ApiFault?> CheckAsync(ApiCaller caller, HttpContext context)
    {
        var takes = new List<Take>(2);
        var keyLimit = caller.Credential.Limits.RequestsPerSecond ?? options.RequestsPerSecond;
        if (keyLimit > 0)
        {
            takes.Add(TakeFrom("key", caller.Credential.Id, keyLimit));
        }

        var account = await accounts.FindAsync(caller.AccountId, context.RequestAborted);

        // A key beyond its own limit takes nothing from the other keys of its account.
        if (account?.Limits.RequestsPerSecond is > 0 and var accountLimit && takes.TrueForAll(take => take.IsTaken))
        {
            takes.Add(TakeFrom("account", caller.AccountId, accountLimit));
        }

        if (takes.Count == 0)
        {
            return null;
        }

        var tightest = takes.MinBy(take => take.Remaining);
        Tell(context.Response.Headers, takes, tightest);
        return tightest.IsTaken
            ? null
            : ApiFault.RateLimited(
                string.Create(CultureInfo.InvariantCulture, $"the {tightest.Name} may make {tightest.Limit} requests per second"), TimeSpan.FromSeconds(1));
    }

    private Take TakeFrom(string name, long id, int limit)
    {
        var (rate, now) = (TokenRate.Of(limit, TimeSpan.FromSeconds(1)), time.GetUtcNow());
        var isTaken = false;
        var left = 0;
        _buckets.Update(
            string.Create(CultureInfo.InvariantCulture, $"{name} {id}"),
            bucket =>
            {
                var after = bucket.Within(rate, now).Take(rate, now, out isTaken);
                left = after.AvailableBy(rate, now, now);
                return after;
            },
            now);

        // A refused request stands below one that took the last token.
        return new Take(name, limit, isTaken ? left : -1, isTaken);
    }

    private static void Tell(IHeaderDictionary headers, List<Take> takes, Take tightest)
    {
        headers["RateLimit-Policy"] = string.Join(", ", takes.Select(take => string.Create(CultureInfo.InvariantCulture, $"\"{take.Name}\";q={take.Limit};w=1")));
        headers["RateLimit"] = string.Join(", ", takes.Select(take => string.Create(CultureInfo.InvariantCulture, $"\"{take.Name}\";r={take.Left};t=1")));
        headers["X-RateLimit-Limit"] = tightest.Limit.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Remaining"] = tightest.Left.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Reset"] = "1";
    }

    private readonly record struct Take(string Name, int Limit, int Remaining, bool IsTaken)
    {
        public int Left => Math.Max(0, Remaining);
    }
}
