// SPDX-License-Identifier: GPL-2.0
/* sock_diag for AF_SAMR: which sockets there are, see uapi/linux/samr_diag.h. */
#include <linux/sock_diag.h>
#include <net/netlink.h>
#include <uapi/linux/samr_diag.h>
#include "socket.h"

/**
 * struct walk - a dump under way
 * @skb: the answer
 * @cb: of the dump
 * @req: what was asked for
 * @index: of the socket looked at, in this namespace
 */
struct walk {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	const struct samr_diag_req *req;
	long index;
};

static void describe(struct sock *sk, struct samr_diag_msg *m)
{
	struct samr_local_info info;

	memset(m, 0, sizeof(*m));
	m->family = AF_SAMR;
	m->type = sk->sk_type;
	m->state = SAMR_MEMBER_NEW;
	sock_diag_save_cookie(sk, m->cookie);
	if (!samr_socket_info(sk, &info))
		return;
	m->state = info.state;
	m->service = info.service;
	m->port = info.port;
	m->node = samr_cluster_self(samr_sk(sk)->cluster, NULL);
	m->queued = min_t(u64, info.queued, U32_MAX);
	m->unsettled = min_t(u64, info.unsettled, U32_MAX);
	m->members = info.members;
	m->view = info.view;
	m->gseq = info.gseq;
}

static const struct samr_service *service_of(const struct sock *sk)
{
	struct samr_listener *ls = samr_sk_listener(sk);
	struct samr_client *cl = samr_sk_client(sk);
	struct samr_local *l = samr_sk_local(sk);
	struct samr_side *side = samr_sk_side(sk);

	return cl ? cl->svc : l ? l->svc : ls ? ls->local->svc :
	       side ? side->svc : NULL;
}

static int put_attributes(struct sk_buff *skb, struct sock *sk,
			  const struct samr_diag_msg *m)
{
	const struct samr_service *svc = service_of(sk);
	u32 mem[SK_MEMINFO_VARS] = {};

	if (svc && svc->name[0] &&
	    nla_put_string(skb, SAMR_DIAG_NAME, svc->name))
		return -EMSGSIZE;
	mem[SK_MEMINFO_RMEM_ALLOC] = m->queued;
	mem[SK_MEMINFO_RCVBUF] = READ_ONCE(sk->sk_rcvbuf);
	mem[SK_MEMINFO_WMEM_ALLOC] = m->unsettled;
	mem[SK_MEMINFO_SNDBUF] = READ_ONCE(sk->sk_sndbuf);
	if (nla_put(skb, SAMR_DIAG_MEMINFO, sizeof(mem), mem))
		return -EMSGSIZE;
	return nla_put_u8(skb, SAMR_DIAG_SHUTDOWN, READ_ONCE(sk->sk_shutdown));
}

static int fill(struct sock *sk, void *arg)
{
	struct walk *w = arg;
	struct user_namespace *ns = sk_user_ns(NETLINK_CB(w->cb->skb).sk);
	struct samr_diag_msg *m;
	struct nlmsghdr *nlh;

	if (w->index++ < w->cb->args[0])
		return 0;
	nlh = nlmsg_put(w->skb, NETLINK_CB(w->cb->skb).portid,
			w->cb->nlh->nlmsg_seq, SOCK_DIAG_BY_FAMILY,
			sizeof(*m), NLM_F_MULTI);
	if (!nlh)
		return -EMSGSIZE;
	m = nlmsg_data(nlh);
	describe(sk, m);
	if ((w->req->states && !(w->req->states & (1U << m->state))) ||
	    (w->req->service && w->req->service != m->service)) {
		nlmsg_cancel(w->skb, nlh);
		goto done;
	}
	m->inode = sock_i_ino(sk);
	m->uid = from_kuid_munged(ns, sk->sk_uid);
	if (put_attributes(w->skb, sk, m)) {
		nlmsg_cancel(w->skb, nlh);
		return -EMSGSIZE;
	}
	nlmsg_end(w->skb, nlh);
done:
	w->cb->args[0] = w->index;
	return 0;
}

static int dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct walk w = {
		.skb	= skb,
		.cb	= cb,
		.req	= nlmsg_data(cb->nlh),
	};

	samr_socket_walk(sock_net(skb->sk), fill, &w);
	return skb->len;
}

static int handler_dump(struct sk_buff *skb, struct nlmsghdr *h)
{
	const struct samr_diag_req *req = nlmsg_data(h);
	struct netlink_dump_control c = { .dump = dump };

	if (nlmsg_len(h) < sizeof(*req) || req->protocol || req->reserved)
		return -EINVAL;
	if (!(h->nlmsg_flags & NLM_F_DUMP))
		return -EOPNOTSUPP;
	return netlink_dump_start(sock_net(skb->sk)->diag_nlsk, skb, h, &c);
}

static const struct sock_diag_handler handler = {
	.owner	= THIS_MODULE,
	.family	= AF_SAMR,
	.dump	= handler_dump,
};

int samr_diag_init(void)
{
	return sock_diag_register(&handler);
}

void samr_diag_exit(void)
{
	sock_diag_unregister(&handler);
}
