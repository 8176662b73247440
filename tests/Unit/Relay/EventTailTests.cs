using System.Net.ServerSentEvents;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EventTailTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly Queue<Func<IAsyncEnumerable<SseItem<string>>>> _streams = [];
    private readonly List<string?> _askedBehind = [];
    private readonly List<string> _written = [];
    private readonly List<string> _told = [];

    [Fact]
    public async Task Goes_on_behind_the_last_event_when_the_server_is_back()
    {
        _streams.Enqueue(() => Stream(Item("open", "7"), Item("event", "8"), Item("event", "9")));
        _streams.Enqueue(() => throw new OperatorException("refused", ExitCodes.Unavailable));
        _streams.Enqueue(() => Stream(Item("open", "9"), Item("event", "12"), Item("lost", null)));
        _streams.Enqueue(() => throw new OperatorException("the token was revoked", ExitCodes.Failed));

        var ended = await Assert.ThrowsAsync<OperatorException>(RunAsync);

        Assert.Equal("the token was revoked", ended.Message);
        Assert.Equal([null, "9", "9", "12"], _askedBehind);
        Assert.Equal(["8", "9", "12"], _written);
        Assert.Equal(
            ["the server ended the stream; waiting for it to come back", "the server is back", "some were left out", "the server ended the stream; waiting for it to come back"], _told);
    }

    [Fact]
    public async Task A_server_that_never_answered_is_not_waited_for()
    {
        _streams.Enqueue(() => throw new OperatorException("refused", ExitCodes.Unavailable));

        Assert.Equal(ExitCodes.Unavailable, (await Assert.ThrowsAsync<OperatorException>(RunAsync)).ExitCode);
        Assert.Empty(_told);
    }

    private async Task RunAsync()
    {
        var tail = new EventTail(
            after =>
            {
                _askedBehind.Add(after);
                return _streams.Dequeue()();
            },
            item => Note(_written, item.Text("sequence")),
            note => Note(_told, note),
            _time);
        var running = tail.RunAsync(CancellationToken.None);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!running.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await running;
    }

    private static Task Note(List<string> list, string text)
    {
        list.Add(text);
        return Task.CompletedTask;
    }

    private static SseItem<string> Item(string kind, string? id) =>
        new(kind == "lost" ? """{"text":"some were left out"}""" : $$"""{"sequence":{{id}}}""", kind) { EventId = id };

    private static async IAsyncEnumerable<SseItem<string>> Stream(params SseItem<string>[] items)
    {
        foreach (var item in items)
        {
            await Task.Yield();
            yield return item;
        }
    }
}
