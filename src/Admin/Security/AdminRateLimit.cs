using Microsoft.AspNetCore.Http;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>So many requests of one token in a second: a script that runs wild must not take the store from mail. The local socket is free.</summary>
internal sealed class AdminRateLimit(TimeProvider time)
{
    /// <summary>A page asks for about two in a second.</summary>
    public const int RequestsPerSecond = 50;

    private static readonly TokenRate Rate = TokenRate.Of(RequestsPerSecond, TimeSpan.FromSeconds(1));

    private readonly BoundedTable<TokenBucket> _buckets = new(1_000);

    /// <summary>Null when the request may go on.</summary>
    public IResult? Check(HttpContext context)
    {
        var actor = AdminActor.Of(context);
        if (actor.Address is null)
        {
            return null;
        }

        var isTaken = false;
        var now = time.GetUtcNow();
        _buckets.Update(actor.Name, bucket => bucket.Within(Rate, now).Take(Rate, now, out isTaken), now);
        if (isTaken)
        {
            return null;
        }

        context.Response.Headers.RetryAfter = "1";
        return TypedResults.Problem(
            $"a token may send {RequestsPerSecond} requests in a second", statusCode: StatusCodes.Status429TooManyRequests, title: "Slow down");
    }
}
