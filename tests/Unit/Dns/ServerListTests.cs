using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public class ServerListTests
{
    private static readonly IPEndPoint First = IPEndPoint.Parse("192.0.2.1:53");
    private static readonly IPEndPoint Second = IPEndPoint.Parse("192.0.2.2:53");

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_silent_server_is_asked_last_for_half_a_minute()
    {
        var list = NewList();
        Assert.Equal([First, Second], list.InOrder());

        list.DidNotAnswer(First);
        Assert.Equal([Second, First], list.InOrder());
        _time.Advance(ServerList.Demotion);

        Assert.Equal([First, Second], list.InOrder());
    }

    [Fact]
    public void A_server_that_answers_again_is_back_at_once()
    {
        var list = NewList();
        list.DidNotAnswer(First);

        list.Answered(First);

        Assert.Equal([First, Second], list.InOrder());
    }

    [Fact]
    public void When_all_are_silent_the_order_is_as_configured()
    {
        var list = NewList();
        list.DidNotAnswer(Second);
        list.DidNotAnswer(First);

        Assert.Equal([First, Second], list.InOrder());
    }

    private ServerList NewList() => new([First, Second], _time, NullLogger.Instance, "unused");
}
