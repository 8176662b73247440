using Relay.Mail;
using Relay.Platform.Contacts;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every store of contacts promises; derive once per store.</summary>
public abstract class ContactStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected IContactStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<IContactStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Keeps_every_fact_of_a_book()
    {
        var book = NewBook("news") with
        {
            AccountId = 3,
            Emoji = "🎉",
            PublicName = "The News",
            Properties = new Dictionary<string, string> { ["a.b"] = "c" },
            DoubleOptIn = new DoubleOptIn(true, "News <news@example.com>", "Subject", "<a>{{doubleOptInUrl}}</a>"),
        };
        var added = (await Store.AddBookAsync(book, 10, None))!;

        var found = (await Store.FindBookAsync(3, book.Uid, None))!;
        Assert.True(added.Id > 0);
        Assert.Equal("c", found.Properties["a.b"]);
        Assert.Equal(added, found with { Properties = added.Properties });
        Assert.Equal(found.Uid, (await Store.FindBookAsync(added.Id, None))!.Uid);
        Assert.Null(await Store.FindBookAsync(1, book.Uid, None));
    }

    [Fact]
    public async Task An_account_has_no_more_books_than_it_may()
    {
        Assert.NotNull(await Store.AddBookAsync(NewBook("a"), 1, None));
        Assert.Null(await Store.AddBookAsync(NewBook("b"), 1, None));
        Assert.NotNull(await Store.AddBookAsync(NewBook("c") with { AccountId = 2 }, 1, None));
    }

    [Fact]
    public async Task Books_are_changed_and_listed_newest_first()
    {
        var first = await BookAsync("a");
        var second = await BookAsync("b");
        await BookAsync("c", accountId: 2);
        var changed = await Store.ChangeBookAsync(1, first.Uid, book => book with { Name = "renamed" }, None);

        Assert.Equal("renamed", changed!.Name);
        Assert.Null(await Store.ChangeBookAsync(2, first.Uid, book => book with { Name = "stolen" }, None));
        Assert.Equal([second.Uid, first.Uid], (await Store.ListBooksAsync(1, None)).Select(book => book.Uid));
        Assert.Equal("renamed", (await Store.FindBookAsync(1, first.Uid, None))!.Name);
    }

    [Fact]
    public async Task Keeps_every_fact_of_a_contact()
    {
        var book = await BookAsync("news");
        var contact = NewContact("Größe+x@BÜCHER.example") with
        {
            FirstName = "Ada",
            LastName = "Lovelace",
            Properties = new Dictionary<string, string> { ["plan"] = "pro", ["note"] = "" },
            Tags = ["a", "b"],
            State = ContactState.Unsubscribed,
            SubscribedAt = At.AddDays(1),
            UnsubscribedAt = At.AddDays(2),
            Reason = UnsubscribeReason.Person,
            ReasonText = "too much",
            Invitation = new Invitation(3, At.AddDays(5), At.AddDays(4), 2),
        };
        var written = await WriteAsync(book, contact);

        var found = (await Store.FindAsync(1, book.Id, contact.Uid, None))!;
        Assert.True(found.Id > 0 && found.PersonId > 0);
        Assert.Equal("Größe+x@xn--bcher-kva.example", found.Address.ToString());
        Assert.Equal("pro", found.Properties["plan"]);
        Assert.Equal(2, found.Properties.Count);
        Assert.Equal(["a", "b"], found.Tags);
        Assert.Equal(written with { Properties = found.Properties, Tags = found.Tags }, found);
        Assert.Equal(1, (await Store.FindBookAsync(1, book.Uid, None))!.ContactCount);
    }

    [Fact]
    public async Task An_address_is_found_whatever_the_case_of_its_ascii_letters()
    {
        var book = await BookAsync("news");
        var written = await WriteAsync(book, NewContact("Jane.Doe+News@Example.COM"));

        Assert.Equal(written.Uid, (await Store.FindAsync(1, book.Id, Mailbox.Parse("jane.doe+news@example.com"), None))!.Uid);
        Assert.Null(await Store.FindAsync(1, book.Id, Mailbox.Parse("janedoe+news@example.com"), None));
        Assert.Null(await Store.FindAsync(1, book.Id, Mailbox.Parse("jane.doe@example.com"), None));
    }

    [Fact]
    public async Task The_same_address_is_one_contact_of_a_book_and_one_person_of_the_account()
    {
        var (first, second) = (await BookAsync("a"), await BookAsync("b"));
        var one = await WriteAsync(first, NewContact("jane@example.com"));
        var again = await WriteAsync(first, NewContact("JANE@example.com") with { FirstName = "ignored" }, (current, _) => current! with { FirstName = "Jane" });
        var other = await WriteAsync(second, NewContact("Jane@example.com"));

        Assert.Equal(one.Uid, again.Uid);
        Assert.Equal(one.PersonId, other.PersonId);
        Assert.NotEqual(one.Uid, other.Uid);
        Assert.Equal([one.Uid, other.Uid], (await Store.ListOfPersonAsync(1, Mailbox.Parse("jane@example.com"), None)).Select(c => c.Uid));
        Assert.Equal("Jane", (await Store.FindAsync(1, first.Id, one.Uid, None))!.FirstName);
    }

    [Fact]
    public async Task Keeps_accounts_apart()
    {
        var book = await BookAsync("a");
        var contact = await WriteAsync(book, NewContact("a@example.com") with { Tags = ["x"] });

        Assert.Null(await Store.FindAsync(2, book.Id, contact.Uid, None));
        Assert.Null(await Store.FindAsync(2, book.Id, contact.Address, None));
        Assert.Empty(await Store.ListAsync(2, book.Id, ContactFilter.Any, ContactOrder.Newest, 0, 10, None));
        Assert.Empty(await Store.ReadPageAsync(2, book.Id, ContactFilter.Any, 0, 10, None));
        Assert.Equal(0, await Store.CountAsync(2, book.Id, ContactFilter.Any, None));
        Assert.Empty(await Store.TagsAsync(2, book.Id, 10, None));
        Assert.Empty(await Store.PropertyNamesAsync(2, book.Id, 10, None));
        Assert.Empty(await Store.ListOfPersonAsync(2, contact.Address, None));
        Assert.Null(await Store.WriteAsync(2, book.Id, [new ContactDraft { Address = contact.Address }], (_, _) => throw new InvalidOperationException(), None));
        Assert.Empty(await Store.RemoveAsync(2, book.Id, [contact.Uid], None));
        Assert.Empty(await Store.WritePersonAsync(2, contact.Address, (_, _) => At, c => c, At, None));
        Assert.False(await Store.RemoveBookAsync(2, book.Uid, At, None));
    }

    [Fact]
    public async Task A_draft_with_an_unknown_id_alone_writes_nothing()
    {
        var book = await BookAsync("a");
        var writes = await Store.WriteAsync(1, book.Id, [new ContactDraft { Uid = Guid.NewGuid() }], (_, _) => throw new InvalidOperationException(), None);
        Assert.Equal(new ContactWrite(null, null), Assert.Single(writes!));
    }

    [Fact]
    public async Task A_change_that_says_nothing_writes_nothing()
    {
        var book = await BookAsync("a");
        var contact = await WriteAsync(book, NewContact("a@example.com"));
        var writes = await Store.WriteAsync(1, book.Id, [new ContactDraft { Uid = contact.Uid }], (_, _) => null, None);
        Assert.Equal((contact.Uid, null), (Assert.Single(writes!).Before!.Uid, writes![0].After));
    }

    [Fact]
    public async Task Lists_in_four_orders_and_in_pages()
    {
        var book = await BookAsync("a");
        foreach (var name in new[] { "b", "c", "a" })
        {
            await WriteAsync(book, NewContact($"{name}@example.com"));
        }

        async Task<string> List(ContactOrder order, int skip = 0, int limit = 10) =>
            string.Concat((await Store.ListAsync(1, book.Id, ContactFilter.Any, order, skip, limit, None)).Select(c => c.Address.LocalPart));
        Assert.Equal("acb", await List(ContactOrder.Newest));
        Assert.Equal("bca", await List(ContactOrder.Oldest));
        Assert.Equal("abc", await List(ContactOrder.Address));
        Assert.Equal("cba", await List(ContactOrder.AddressDown));
        Assert.Equal("c", await List(ContactOrder.Oldest, 1, 1));
    }

    [Fact]
    public async Task Filters_by_state_tag_property_text_address_and_id()
    {
        var book = await BookAsync("a");
        var ada = await WriteAsync(book, NewContact("ada@example.com") with { FirstName = "Ada", State = ContactState.Subscribed, Tags = ["x", "y"], Properties = new Dictionary<string, string> { ["a.b"] = "1" } });
        await WriteAsync(book, NewContact("bob_1@example.com") with { LastName = "100% Bob", State = ContactState.Pending, Tags = ["x"] });
        await WriteAsync(book, NewContact("cyd@example.com") with { State = ContactState.Unsubscribed, Properties = new Dictionary<string, string> { ["a.b"] = "2" } });

        async Task<string> Find(ContactFilter filter)
        {
            var found = (await Store.ListAsync(1, book.Id, filter, ContactOrder.Oldest, 0, 10, None)).ToList();
            Assert.Equal(found.Count, await Store.CountAsync(1, book.Id, filter, None));
            Assert.Equal(found.Select(c => c.Id), (await Store.ReadPageAsync(1, book.Id, filter, 0, 10, None)).Select(c => c.Id));
            return string.Join(' ', found.Select(c => c.Address.LocalPart));
        }

        Assert.Equal("ada", await Find(new ContactFilter { State = ContactState.Subscribed }));
        Assert.Equal("ada", await Find(new ContactFilter { IsSubscribed = true }));
        Assert.Equal("bob_1 cyd", await Find(new ContactFilter { IsSubscribed = false }));
        Assert.Equal("ada bob_1", await Find(new ContactFilter { Tags = ["x"] }));
        Assert.Equal("ada", await Find(new ContactFilter { Tags = ["x", "y"] }));
        Assert.Equal("cyd", await Find(new ContactFilter { Properties = new Dictionary<string, string> { ["a.b"] = "2" } }));
        Assert.Equal("ada", await Find(new ContactFilter { Search = "ADA" }));
        Assert.Equal("bob_1", await Find(new ContactFilter { Search = "b_1" }));
        Assert.Equal("bob_1", await Find(new ContactFilter { Search = "100%" }));
        Assert.Equal("", await Find(new ContactFilter { Search = "a_a" }));
        Assert.Equal("ada cyd", await Find(new ContactFilter { AddressKeys = ["cyd@example.com", "ada@example.com", "no@example.com"] }));
        Assert.Equal("", await Find(new ContactFilter { AddressKeys = [] }));
        Assert.Equal("ada", await Find(new ContactFilter { Uids = [ada.Uid, Guid.NewGuid()] }));
        Assert.Equal("", await Find(new ContactFilter { Uids = [] }));
        Assert.Equal([new("x", 2), new("y", 1)], await Store.TagsAsync(1, book.Id, 10, None));
        Assert.Equal(["a.b"], await Store.PropertyNamesAsync(1, book.Id, 10, None));
    }

    [Fact]
    public async Task Reads_on_behind_an_id()
    {
        var book = await BookAsync("a");
        var first = await WriteAsync(book, NewContact("a@example.com"));
        var second = await WriteAsync(book, NewContact("b@example.com"));
        Assert.Equal([second.Id], (await Store.ReadPageAsync(1, book.Id, ContactFilter.Any, first.Id, 10, None)).Select(c => c.Id));
        Assert.Equal([first.Id], (await Store.ReadPageAsync(1, book.Id, ContactFilter.Any, 0, 1, None)).Select(c => c.Id));
    }

    [Fact]
    public async Task Removes_contacts_once_and_counts_them()
    {
        var book = await BookAsync("a");
        var contact = await WriteAsync(book, NewContact("a@example.com") with { Tags = ["x"] });
        await WriteAsync(book, NewContact("b@example.com"));

        Assert.Equal(contact.Uid, Assert.Single(await Store.RemoveAsync(1, book.Id, [contact.Uid, Guid.NewGuid()], None)).Uid);
        Assert.Empty(await Store.RemoveAsync(1, book.Id, [contact.Uid], None));
        Assert.Empty(await Store.TagsAsync(1, book.Id, 10, None));
        Assert.Equal(1, (await Store.FindBookAsync(1, book.Uid, None))!.ContactCount);
        Assert.NotEqual(contact.Uid, (await WriteAsync(book, NewContact("a@example.com"))).Uid);
    }

    [Fact]
    public async Task A_removed_book_is_gone_at_once_with_its_contacts_and_swept_later()
    {
        var (book, other) = (await BookAsync("a"), await BookAsync("b"));
        var contact = await WriteAsync(book, NewContact("a@example.com"));
        await WriteAsync(other, NewContact("a@example.com"));

        Assert.True(await Store.RemoveBookAsync(1, book.Uid, At, None));
        Assert.False(await Store.RemoveBookAsync(1, book.Uid, At, None));
        Assert.Null(await Store.FindBookAsync(1, book.Uid, None));
        Assert.Null(await Store.FindBookAsync(book.Id, None));
        Assert.Equal([other.Uid], (await Store.ListBooksAsync(1, None)).Select(b => b.Uid));
        Assert.Single(await Store.ListOfPersonAsync(1, contact.Address, None));
        Assert.Null(await Store.WriteAsync(1, book.Id, [new ContactDraft { Address = contact.Address }], (c, _) => c, None));
        await Store.SweepAsync(At, None);
        Assert.Null(await Store.FindAsync(1, book.Id, contact.Uid, None));
        Assert.Single(await Store.ListOfPersonAsync(1, contact.Address, None));
    }

    [Fact]
    public async Task A_person_leaves_everything_and_stays_known_for_it()
    {
        var (first, second) = (await BookAsync("a"), await BookAsync("b"));
        var address = Mailbox.Parse("jane@example.com");
        await WriteAsync(first, NewContact("jane@example.com") with { State = ContactState.Subscribed });
        await WriteAsync(second, NewContact("jane@example.com") with { State = ContactState.Pending });

        var writes = await Store.WritePersonAsync(
            1, address, (_, _) => At, c => c.State == ContactState.Subscribed ? c with { State = ContactState.Unsubscribed } : null, At, None);

        Assert.Equal([ContactState.Unsubscribed, null], writes.Select(write => write.After?.State));
        Assert.All(await Store.ListOfPersonAsync(1, address, None), c => Assert.Equal((At, false), (c.LeftAllAt, c.IsSubscribed)));
        await Store.RemoveAsync(1, first.Id, [.. (await Store.ListAsync(1, first.Id, ContactFilter.Any, ContactOrder.Newest, 0, 10, None)).Select(c => c.Uid)], None);
        await Store.RemoveAsync(1, second.Id, [.. (await Store.ListAsync(1, second.Id, ContactFilter.Any, ContactOrder.Newest, 0, 10, None)).Select(c => c.Uid)], None);
        var again = await WriteAsync(first, NewContact("Jane@example.com") with { State = ContactState.Subscribed });
        Assert.Equal((At, false), (again.LeftAllAt, again.IsSubscribed));

        await Store.WritePersonAsync(1, address, (_, _) => null, _ => null, At, None);
        Assert.True((await Store.FindAsync(1, first.Id, address, None))!.IsSubscribed);
    }

    [Fact]
    public async Task Remembers_the_last_event()
    {
        Assert.Equal(0, await Store.EventCursorAsync(None));
        await Store.SaveEventCursorAsync(7, None);
        await Store.SaveEventCursorAsync(9, None);
        Assert.Equal(9, await Store.EventCursorAsync(None));
    }

    [Fact]
    public async Task Tells_who_is_to_be_asked_and_when_the_next_is()
    {
        var book = await BookAsync("a");
        Assert.Null(await Store.NextInvitationAsync(None));
        await WriteAsync(book, NewContact("late@example.com") with { Invitation = new Invitation(1, At.AddHours(2), null, 0) });
        await WriteAsync(book, NewContact("early@example.com") with { Invitation = new Invitation(1, At.AddHours(1), null, 0) });
        await WriteAsync(book, NewContact("never@example.com"));

        Assert.Equal(At.AddHours(1), await Store.NextInvitationAsync(None));
        Assert.Empty(await Store.DueInvitationsAsync(At, 10, None));
        Assert.Equal("early", Assert.Single(await Store.DueInvitationsAsync(At.AddHours(1), 10, None)).Address.LocalPart);
        Assert.Equal(["early", "late"], (await Store.DueInvitationsAsync(At.AddHours(3), 10, None)).Select(c => c.Address.LocalPart));
        Assert.Single(await Store.DueInvitationsAsync(At.AddHours(3), 1, None));
    }

    private static ContactBook NewBook(string name) => new() { Uid = Guid.CreateVersion7(At), AccountId = 1, Name = name, CreatedAt = At, UpdatedAt = At };

    private static Contact NewContact(string address) => new()
    {
        Uid = Guid.CreateVersion7(At),
        AccountId = 1,
        BookId = 0,
        Address = Mailbox.Parse(address),
        CreatedAt = At,
        UpdatedAt = At.AddMinutes(1),
    };

    private async Task<ContactBook> BookAsync(string name, long accountId = 1) => (await Store.AddBookAsync(NewBook(name) with { AccountId = accountId }, 100, None))!;

    private async Task<Contact> WriteAsync(ContactBook book, Contact contact, ContactChange? change = null)
    {
        var writes = await Store.WriteAsync(1, book.Id, [new ContactDraft { Address = contact.Address }], change ?? ((_, _) => contact), None);
        return writes![0].After!;
    }
}
